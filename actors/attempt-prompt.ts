import { MissionError } from '../services/errors/mission-error.ts';
import { MAX_PROMPT_CHARACTERS } from '../services/keyboard/prompt-plan.ts';
import type { AttemptRow } from '../services/ledger/attempt-ledger.ts';
import type { AnswerGiven } from '../services/ledger/permission-ledger.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';
import { fenced, withResults } from './results-in-prompt.ts';

export interface Beginning {
  readonly sessionId: string;
  readonly attempt: number;
  /** What was answered to questions that the agent asked in the attempt before. */
  readonly answers: readonly AnswerGiven[];
  /** The conversation that it goes on with holds the words of the task, as its transcript shows. */
  readonly hasTheWords: boolean;
}

function answered(answers: readonly AnswerGiven[], isSame: boolean): string {
  const who = isSame ? 'You' : 'An earlier session, in whose place you go on,';
  if (answers.length === 0)
    return `${who} asked something while doing this task, and nobody answers it any more.`;
  return answers
    .map(
      ({ question, answer, answeredBy }) =>
        `${who} asked: ${fenced(question)}\nThe answer (${answeredBy}): ${fenced(answer)}`,
    )
    .join('\n\n');
}

function goOnWith(answers: readonly AnswerGiven[]): string {
  return `${answered(answers, true)}\n\nGo on with the task.`;
}

/** One that is still open was lost just now. */
const wasLost = ({ outcome }: AttemptRow): boolean => outcome === 'lost' || outcome === null;

const FINISH = 'See what is done already, do not do that again, and finish the rest.';

/** What an agent is told that was cut off while it was at a message. What it has in its conversation is not said twice. */
function messageAgain(words: string, isSame: boolean, hasTheWords: boolean): string {
  if (isSame && hasTheWords)
    return `The session ended while you were at the message that you were given last; it was resumed. ${FINISH}`;
  const told = isSame
    ? `The session ended while you were given a message; it was resumed, and you may have the message already. ${FINISH} It was:`
    : `An earlier session ended while it was at a message, and may have done part of what it says. ${FINISH} It is:`;
  const whole = `${told}\n\n${words}`;
  return whole.length <= MAX_PROMPT_CHARACTERS ? whole : words;
}

/** What an agent is told before a task that an earlier attempt has left undone. Null when there is nothing to tell. */
function preface(before: AttemptRow | undefined, { sessionId, attempt, answers }: Beginning): string | null {
  if (before?.outcome === 'continued') {
    const isSame = before.sessionId === sessionId;
    const task = `See what is done already, and do not do that again. The task ${isSame ? 'was' : 'is'}:`;
    if (before.errorCode === 'handed_over') {
      const note = before.error === null || before.error === '' ? '' : `\n\n${fenced(before.error)}\n\n`;
      return `An earlier session has handed this task over; this is attempt ${attempt}.${note === '' ? ' ' : ` Its hand-over:${note}`}${task}`;
    }
    return `${answered(answers, isSame)}\n\nGo on with the task. ${task}`;
  }
  if (before !== undefined && wasLost(before)) {
    return before.sessionId === sessionId
      ? `The session ended before you had finished this task; it was resumed, and this is attempt ${attempt}. ${FINISH} The task was:`
      : `An earlier session ended before it had finished this task and may have done part of it; this is attempt ${attempt}. ${FINISH} The task is:`;
  }
  if (before?.errorCode === 'verify_failed') {
    const mend = `${before.error ?? ''}\n\nMend it. The task`;
    return before.sessionId === sessionId
      ? `What you did for this task was checked, and is not accepted yet; this is attempt ${attempt}. ${mend} was:`
      : `What an earlier session did for this task was checked, and is not accepted yet; this is attempt ${attempt}. ${mend} is:`;
  }
  if (before?.outcome === 'failed') {
    return `An earlier attempt at this task failed and may have done part of it; this is attempt ${attempt}. It failed with: ${before.error ?? 'no reason given'} ${FINISH} The task is:`;
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
  beginning: Beginning,
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
  if (task.kind === 'message' && before !== undefined && wasLost(before))
    return messageAgain(words, before.sessionId === beginning.sessionId, beginning.hasTheWords);
  const told = preface(before, beginning);
  const whole = told === null ? words : `${told}\n\n${words}`;
  if (whole.length <= MAX_PROMPT_CHARACTERS) return whole;
  // Its own conversation holds the task; what was answered stands nowhere else.
  const hasTheTask = before?.errorCode === 'asked' && before.sessionId === beginning.sessionId;
  return hasTheTask ? goOnWith(beginning.answers) : words;
}
