import { MAX_PROMPT_CHARACTERS } from '../services/keyboard/prompt-plan.ts';
import type { AttemptRow } from '../services/ledger/attempt-ledger.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';

/** What an agent is told before a task that an earlier attempt has left half done. Null when there is nothing to tell. */
function preface(before: AttemptRow | undefined, sessionId: string, attempt: number): string | null {
  if (before?.outcome === 'lost' || before?.outcome === null) {
    return before.sessionId === sessionId
      ? `The session ended before you had finished this task; it was resumed, and this is attempt ${attempt}. See what is done already, do not do that again, and finish the rest. The task was:`
      : `An earlier session ended before it had finished this task and may have done part of it; this is attempt ${attempt}. See what is done already, do not do that again, and finish the rest. The task is:`;
  }
  return null;
}

/**
 * The words of an attempt at a task. `before` is the attempt before it; one that is still open was lost just now.
 * What is too long with a preface goes without: nothing of the task itself is ever cut.
 */
export function attemptPrompt(
  task: Pick<TaskRow, 'prompt'>,
  before: AttemptRow | undefined,
  { sessionId, attempt }: { readonly sessionId: string; readonly attempt: number },
): string {
  const told = preface(before, sessionId, attempt);
  if (told === null) return task.prompt;
  const whole = `${told}\n\n${task.prompt}`;
  return whole.length > MAX_PROMPT_CHARACTERS ? task.prompt : whole;
}
