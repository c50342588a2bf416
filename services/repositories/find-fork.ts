import { z } from 'zod';
import { within } from '../deadline/within.ts';
import { handedOn } from '../processes/handed-on.ts';
import { runProgram } from '../processes/run-program.ts';

/** GitHub is asked once, and is not needed. */
const ANSWERS_WITHIN_MS = 10_000;
const MOST_ANSWER_BYTES = 64 * 1024;

const Answer = z.object({
  isFork: z.boolean(),
  parent: z.object({ name: z.string().min(1), owner: z.object({ login: z.string().min(1) }) }).nullish(),
});

/**
 * Asks the person's own `gh` whether a repository is a fork, and of which.
 * @param host where it is
 * @returns null when it is none, and when there is no gh, nobody is signed in, or it did not answer in time
 */
export async function forkedFrom(
  folder: string,
  host: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | null> {
  let answer = '';
  try {
    await runProgram(['gh', 'repo', 'view', '--json', 'isFork,parent'], '', {
      cwd: folder,
      env: { ...handedOn(env), GH_PROMPT_DISABLED: '1', NO_COLOR: '1' },
      signal: within(ANSWERS_WITHIN_MS, signal),
      mostAnswerBytes: MOST_ANSWER_BYTES,
      printed() {},
      answered(text) {
        answer = text;
      },
    });
    const { isFork, parent } = Answer.parse(JSON.parse(answer));
    return isFork && parent ? `https://${host}/${parent.owner.login}/${parent.name}` : null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
