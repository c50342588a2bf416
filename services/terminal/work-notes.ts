import type { Faces } from './faces.ts';
import type { WorkNotes } from './reading.ts';
import type { ScreenRow } from './screen-rows.ts';
import { readTodos } from './todo-list.ts';

/** `⎿  Queued · ctrl+x ctrl+s to send now` below the words (2.1.329). */
const BEHIND_BRANCH = /^ {2}[⎿└]\s+(\S.*)$/;
/** Indented words between spinner and box (2.0.60 to 2.1.150). */
const QUEUED_INDENTED = /^ {2}[>❯] (\S.*)$/;
function retryOf(spinner: string | undefined, faces: Faces): WorkNotes['retry'] {
  const seconds = spinner === undefined ? undefined : faces.retryDelay.exec(spinner)?.[1];
  if (spinner === undefined || seconds === undefined) return undefined;
  const attempt = faces.retryAttempt.exec(spinner);
  return {
    inSeconds: Number(seconds),
    ...(attempt?.[1] === undefined ? {} : { attempt: Number(attempt[1]) }),
    ...(attempt?.[2] === undefined ? {} : { attempts: Number(attempt[2]) }),
  };
}

/** Words that a person typed while a turn went on, and that wait for its end. */
function queuedOf(rows: readonly ScreenRow[], faces: Faces): readonly string[] {
  const queued: string[] = [];
  for (const [y, { text }] of rows.entries()) {
    const indented = QUEUED_INDENTED.exec(text)?.[1];
    if (indented !== undefined) queued.push(indented.trim());
    const behindBranch = BEHIND_BRANCH.exec(text)?.[1];
    if (behindBranch === undefined || !faces.queuedMark.test(behindBranch)) continue;
    const above = rows[y - 1]?.text ?? '';
    if (faces.prompt.some((glyph) => above.startsWith(`${glyph} `))) queued.push(above.slice(2).trim());
  }
  return queued;
}

/**
 * What stands around a turn: a retry with its delay, words that wait, background work, the agent's list.
 * @param rows those between the last spinner (or the top) and the prompt box
 */
export function readWorkNotes(
  rows: readonly ScreenRow[],
  statusBar: string,
  spinner: string | undefined,
  faces: Faces,
): WorkNotes {
  const retry = retryOf(spinner, faces);
  const queued = queuedOf(rows, faces);
  const background = faces.backgroundWork.exec(statusBar)?.[1];
  const todos = readTodos(rows, faces);
  return {
    ...(retry === undefined ? {} : { retry }),
    ...(queued.length === 0 ? {} : { queued: [...queued] }),
    ...(background === undefined ? {} : { backgroundTasks: Number(background) }),
    ...(todos.length === 0 ? {} : { todos: [...todos] }),
  };
}
