import { parseArgs } from 'node:util';
import { replay } from '../../actors/replay.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import { openRecording } from '../../services/recording/asciicast.ts';
import { readFaces } from '../../services/terminal/faces-file.ts';

const HELP = `Usage: missiond replay FILE.cast [--json] [--faces FILE.yaml]

Plays an asciicast (version 2) of a Claude Code session through the same reading and the same
statechart as a live session, on a virtual clock, and prints each change of state.

  --json           one line a change: {"t": seconds, "state": "idle"}
  --faces FILE     read the screen with these glyphs and wordings, as faces.yaml of a home names them
`;

const USAGE_ERROR = 2;

export interface ReplayOutput {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      faces: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

/**
 * The command `missiond replay`.
 * @returns the exit status: 0, or 2 when the arguments are wrong
 * @throws MissionError `recording_invalid`, `config_invalid`
 */
export async function replayCommand(
  argv: readonly string[],
  { stdout, stderr }: ReplayOutput,
): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    stderr.write(`missiond replay: ${messageOf(error)}\n\n${HELP}`);
    return USAGE_ERROR;
  }
  const { values, positionals } = parsed;
  if (values.help === true) {
    stdout.write(HELP);
    return 0;
  }
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    stderr.write(HELP);
    return USAGE_ERROR;
  }
  const faces = values.faces === undefined ? {} : { faces: readFaces(values.faces) };
  for await (const change of replay(await openRecording(file), faces)) {
    stdout.write(
      values.json === true
        ? `${JSON.stringify(change)}\n`
        : `${change.t.toFixed(3).padStart(10)} s  ${change.state}\n`,
    );
  }
  return 0;
}
