import { MissionError } from '../services/errors/mission-error.ts';
import { MAX_PROMPT_CHARACTERS } from '../services/keyboard/prompt-plan.ts';
import type { AttemptRow } from '../services/ledger/attempt-ledger.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';
import { withResults } from './results-in-prompt.ts';

/** What an agent is told before a task that an earlier attempt has left undone. Null when there is nothing to tell. */
function preface(before: AttemptRow | undefined, sessionId: string, attempt: number): string | null {
  const finish = 'See what is done already, do not do that again, and finish the rest.';
  // One that is still open was lost just now.
  if (before?.outcome === 'lost' || before?.outcome === null) {
    return before.sessionId === sessionId
      ? `The session ended before you had finished this task; it was resumed, and this is attempt ${attempt}. ${finish} The task was:`
      : `An earlier session ended before it had finished this task and may have done part of it; this is attempt ${attempt}. ${finish} The task is:`;
  }
  if (before?.errorCode === 'verify_failed') {
    const mend = `${before.error ?? ''}\n\nMend it. The task`;
    return before.sessionId === sessionId
      ? `What you did for this task was checked, and is not accepted yet; this is attempt ${attempt}. ${mend} was:`
      : `What an earlier session did for this task was checked, and is not accepted yet; this is attempt ${attempt}. ${mend} is:`;
  }
  if (before?.outcome === 'failed') {
    return `An earlier attempt at this task failed and may have done part of it; this is attempt ${attempt}. It failed with: ${before.error ?? 'no reason given'} ${finish} The task is:`;
  }
  return null;
}

/**
 * The words of an attempt at a task: what became of the attempt before it, the task, the results that it needs. What is
 * too long with a preface goes without: nothing of the task itself is ever cut.
 * @throws MissionError `prompt_too_long` when the results make it so
 */
export function attemptPrompt(
  task: TaskRow,
  dependencies: readonly TaskRow[],
  before: AttemptRow | undefined,
  { sessionId, attempt }: { readonly sessionId: string; readonly attempt: number },
): string {
  const words = withResults(task, dependencies);
  if (words.length > MAX_PROMPT_CHARACTERS) {
    throw new MissionError(
      'prompt_too_long',
      `With the results that it needs the prompt has ${words.length} characters; a terminal session takes ${MAX_PROMPT_CHARACTERS}.`,
      {
        remedy:
          'Let the earlier tasks write their results into files, name the files in the prompt, and leave includeResults and {{result:…}} out.',
      },
    );
  }
  const told = preface(before, sessionId, attempt);
  const whole = told === null ? words : `${told}\n\n${words}`;
  return whole.length > MAX_PROMPT_CHARACTERS ? words : whole;
}
