import type { Faces } from './faces.ts';
import type { WorkNotes } from './reading.ts';
import type { ScreenRow } from './screen-rows.ts';

const RETRY = /retrying in (\d+)\s*s/i;
const ATTEMPT = /attempt (\d+)(?:\/(\d+))?/i;
/** `1 shell · ↓ to manage` on the status bar (2.1.329), `2 background tasks` (2.1.30 to 2.1.150). */
const BACKGROUND = /\b(\d+) (?:shells?|bash(?:es)?|background tasks?|agents? running)\b/;
/** `⎿  Queued · ctrl+x ctrl+s to send now` below the words (2.1.329). */
const QUEUED_BELOW = /^ {2}[⎿└]\s+Queued\b/;
/** Indented words between spinner and box (2.0.60 to 2.1.150). */
const QUEUED_INDENTED = /^ {2}[>❯] (\S.*)$/;
/** What the spinner says comes next in the agent's list (2.0.60). */
const NEXT_TODO = /^ {2}[⎿└]\s+Next: (\S.*)$/;

function retryOf(spinner: string | undefined): WorkNotes['retry'] {
  const seconds = spinner === undefined ? undefined : RETRY.exec(spinner)?.[1];
  if (spinner === undefined || seconds === undefined) return undefined;
  const attempt = ATTEMPT.exec(spinner);
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
    if (!QUEUED_BELOW.test(text)) continue;
    const above = rows[y - 1]?.text ?? '';
    if (faces.prompt.some((glyph) => above.startsWith(`${glyph} `))) queued.push(above.slice(2).trim());
  }
  return queued;
}

/**
 * What stands around a turn: a retry with its delay, words that wait, background work, the next item of the list.
 * @param rows those between the last spinner (or the top) and the prompt box
 */
export function readWorkNotes(
  rows: readonly ScreenRow[],
  statusBar: string,
  spinner: string | undefined,
  faces: Faces,
): WorkNotes {
  const retry = retryOf(spinner);
  const queued = queuedOf(rows, faces);
  const background = BACKGROUND.exec(statusBar)?.[1];
  const nextTodo = rows.map(({ text }) => NEXT_TODO.exec(text)?.[1]).find((found) => found !== undefined);
  return {
    ...(retry === undefined ? {} : { retry }),
    ...(queued.length === 0 ? {} : { queued: [...queued] }),
    ...(background === undefined ? {} : { backgroundTasks: Number(background) }),
    ...(nextTodo === undefined ? {} : { nextTodo: nextTodo.trim() }),
  };
}
