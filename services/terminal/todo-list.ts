import type { Faces } from './faces.ts';
import type { Todo } from './reading.ts';
import type { ScreenRow } from './screen-rows.ts';

/** `  ⎿  ✔ Plan it` below the spinner, `     ◻ Test it` below that, `  ✔ Plan it` below a heading. */
const ENTRY = /^ {2,5}(?:([⎿└]) {2})?(\S) (\S.*)$/u;

function statusOf(glyph: string, faces: Faces): Todo['status'] | undefined {
  if (faces.todoDone.includes(glyph)) return 'done';
  if (faces.todoActive.includes(glyph)) return 'active';
  return faces.todoOpen.includes(glyph) ? 'open' : undefined;
}

/**
 * The agent's list: the last block of entries that hangs on a branch or stands below its heading. Entries in an answer
 * have neither.
 */
export function readTodos(rows: readonly ScreenRow[], faces: Faces): readonly Todo[] {
  let todos: Todo[] = [];
  let inside = false;
  for (const { text } of rows) {
    const [, branch, glyph = '', words = ''] = ENTRY.exec(text) ?? [];
    const status = statusOf(glyph, faces);
    const next = faces.nextTodo.exec(text.replace(/^ {2}[⎿└]\s+/, ''))?.[1];
    if (faces.todosHeading.test(text.trimStart())) {
      todos = [];
      inside = true;
    } else if (next !== undefined) {
      todos = [{ text: next.trim(), status: 'open' }];
    } else if (status !== undefined && (inside || branch !== undefined)) {
      if (branch !== undefined) todos = [];
      todos.push({ text: words.trim(), status });
      inside = true;
    } else inside = false;
  }
  return todos;
}
