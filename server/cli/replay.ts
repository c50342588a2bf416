import { parseArgs } from 'node:util';
import { replay } from '../../actors/replay.ts';
import { openRecording } from '../../services/recording/asciicast.ts';

const HELP = `Usage: missiond replay FILE.cast [--json]

Plays an asciicast (version 2) of a Claude Code session through the same reading and the same
statechart as a live session, on a virtual clock, and prints each change of state.

  --json    one line a change: {"t": seconds, "state": "idle"}
`;

export interface ReplayOutput {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/**
 * The command `missiond replay`.
 * @returns the exit status: 0, or 2 when the arguments are wrong
 * @throws MissionError `recording_invalid`
 */
export async function replayCommand(
  argv: readonly string[],
  { stdout, stderr }: ReplayOutput,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    stdout.write(HELP);
    return 0;
  }
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    stderr.write(HELP);
    return 2;
  }
  for await (const change of replay(await openRecording(file))) {
    stdout.write(
      values.json === true
        ? `${JSON.stringify(change)}\n`
        : `${change.t.toFixed(3).padStart(10)} s  ${change.state}\n`,
    );
  }
  return 0;
}
