import { within } from '../deadline/within.ts';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { runProgram } from '../processes/run-program.ts';

/** A tmux server answers within milliseconds. */
const ANSWERS_WITHIN_MS = 10_000;
/** Ends a command within one call of tmux. */
export const AND = ';';
/** Between the fields of an answer; no name of a session holds one. */
const FIELD = '\t';

export interface Tmux {
  /**
   * Runs one or several commands, divided by `AND`.
   * @returns the lines that they printed
   * @throws MissionError `tmux_failed` with the words of tmux
   */
  run(args: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** As `run`, for a list of formats that is printed for each of what is listed. */
  list(
    args: readonly string[],
    formats: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly string[][]>;
}

/** Which server is meant. */
export const serverArguments = (socket?: string): readonly string[] =>
  socket === undefined ? [] : ['-L', socket];

/** What tmux says when nobody has started a server, which is no failure of a list. */
const NOTHING_RUNS = /no server running|error connecting|no current client|server exited/;

/**
 * Calls tmux with vectors of arguments.
 * @param env that of the person: a server that is started here becomes theirs
 * @param socket the name of the server (`tmux -L`); the person's own without one
 */
export function createTmux(env: NodeJS.ProcessEnv, socket?: string): Tmux {
  const server = serverArguments(socket);

  async function run(args: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    let answer = '';
    let words = '';
    try {
      await runProgram(['tmux', ...server, ...args], '', {
        env,
        signal: within(ANSWERS_WITHIN_MS, signal),
        answered(text) {
          answer = text;
        },
        printed(text) {
          words = text.trim();
        },
      });
    } catch (cause) {
      const isMissing = messageOf(cause).includes('ENOENT');
      throw new MissionError(
        'tmux_failed',
        isMissing ? 'tmux is not installed.' : `tmux ${args[0]}: ${words || messageOf(cause)}`,
        {
          remedy: isMissing
            ? 'Install it (apt install tmux, brew install tmux), or use `missiond attach SLOT`.'
            : 'Look at `tmux list-sessions`, or use `missiond attach SLOT`.',
          cause,
        },
      );
    }
    return answer.split('\n').filter((line) => line !== '');
  }

  return {
    run,
    async list(args, formats, signal) {
      try {
        const lines = await run([...args, '-F', formats.join(FIELD)], signal);
        return lines.map((line) => line.split(FIELD));
      } catch (error) {
        if (error instanceof MissionError && NOTHING_RUNS.test(error.message)) return [];
        throw error;
      }
    },
  };
}
