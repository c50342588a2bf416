import { readRegularFile } from '../config/regular-file.ts';
import type { FoundTaskList } from './list-task-files.ts';
import { type ListedTask, TaskFile, Todos } from './listed-task.ts';

/** Nobody writes a larger one. */
const LARGEST_BYTES = 1024 * 1024;
/** Longer than a file is half written. */
const WRITTEN_WITHIN_MS = 2_000;

/** Null when it is gone, half written, or none of Claude Code's. */
function jsonIn(file: string): unknown {
  try {
    const text = readRegularFile(file, ({ size }) => {
      if (size > LARGEST_BYTES) throw new Error('it is too large');
    });
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * What stands in a list; a file that is no task is left out.
 * @param now epoch milliseconds
 * @returns null while some of it may be half written: look again
 */
export function readTaskList(
  { kind, files, changedAt }: FoundTaskList,
  now: number,
): readonly ListedTask[] | null {
  // The time of a file may lie ahead: of another machine's clock, or of one that was set back.
  const isWritten = Math.abs(now - changedAt) > WRITTEN_WITHIN_MS;
  if (kind === 'file') return Todos.safeParse(jsonIn(files[0] ?? '')).data ?? (isWritten ? [] : null);
  const tasks = files.flatMap((file) => TaskFile.safeParse(jsonIn(file)).data ?? []);
  return tasks.length === files.length || isWritten ? tasks : null;
}
