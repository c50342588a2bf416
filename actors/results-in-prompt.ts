import type { TaskRow } from '../services/ledger/task-ledger.ts';

const PLACEHOLDER = /\{\{result:([0-9a-f-]{4,36})\}\}/gi;

/** The tasks whose results a prompt names as `{{result:ID}}`, ids as they stand there. */
export function resultsNamedIn(prompt: string): readonly string[] {
  return [...prompt.matchAll(PLACEHOLDER)].flatMap(([, id]) => (id === undefined ? [] : [id.toLowerCase()]));
}

/** A text between marks that nothing in it can end. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

function block({ id, role, result }: TaskRow): string {
  return `Result of task ${id} (${role}):\n${fenced(result ?? '')}`;
}

/** The prompt of a task with the results that it asked for: in their places, and at its end those that have none. */
export function withResults(
  { prompt, includeResults }: Pick<TaskRow, 'prompt' | 'includeResults'>,
  dependencies: readonly TaskRow[],
): string {
  const named = resultsNamedIn(prompt);
  const isPlaced = ({ id }: TaskRow): boolean => named.some((name) => id.startsWith(name));
  const placed = prompt.replace(PLACEHOLDER, (whole, name: string) => {
    const task = dependencies.find(({ id }) => id.startsWith(name.toLowerCase()));
    return task === undefined ? whole : (task.result ?? '');
  });
  const appended = includeResults ? dependencies.filter((task) => !isPlaced(task)).map(block) : [];
  return [placed, ...appended].join('\n\n');
}
