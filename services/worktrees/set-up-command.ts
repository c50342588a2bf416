import { within } from '../deadline/within.ts';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { handedOn } from '../processes/handed-on.ts';
import { runProgram } from '../processes/run-program.ts';

/** Packages are fetched and built. */
const ENDS_WITHIN_MS = 15 * 60_000;
const KEPT_OUTPUT = 16_000;
/** Of that, so much stands in the message. */
const TOLD_OUTPUT = 2_000;

export interface SetUpCommand {
  readonly command: string;
  /** The worktree. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Told to it beside that, such as its ports. */
  readonly variables: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly withinMs?: number;
}

/**
 * Runs the command with which a person has worktrees set up.
 * @returns the end of what it printed
 * @throws MissionError `setup_failed` with the end of what it printed: its worktree is not ready for anybody
 */
export async function runSetUp(
  { command, cwd, env, variables, withinMs = ENDS_WITHIN_MS }: SetUpCommand,
  signal: AbortSignal,
): Promise<string> {
  let output = '';
  try {
    await runProgram(['/bin/sh', '-c', command], '', {
      cwd,
      env: { ...handedOn(env), ...variables },
      signal: within(withinMs, signal),
      keptOutput: KEPT_OUTPUT,
      printed(text) {
        output = text;
      },
    });
    return output;
  } catch (cause) {
    signal.throwIfAborted();
    throw new MissionError(
      'setup_failed',
      `The set-up command (${command.split('\n')[0]}) failed in ${cwd}: ${messageOf(cause)}.${output === '' ? '' : `\n${output.slice(-TOLD_OUTPUT)}`}`,
      {
        remedy: 'Change it (missiond repo config setup="…", or setup= for none) and try again.',
        facts: { output },
        cause,
      },
    );
  }
}
