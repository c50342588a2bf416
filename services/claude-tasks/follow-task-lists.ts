import type { ClaudeTaskLedger } from '../ledger/claude-task-ledger.ts';
import type { FoundTaskList, TaskFileLister } from './list-task-files.ts';
import { type TaskListChange, withoutSecrets } from './listed-task.ts';
import { readTaskList } from './read-task-files.ts';

/** Reading a history of thousands of lists must not keep transcripts waiting. */
const MOST_LISTS_AT_ONCE = 100;

export interface TaskListSources {
  readonly lister: TaskFileLister;
  readonly directories: () => ReadonlySet<string>;
  /** Whether the files of a session may be read. */
  readonly mayRead: () => (sessionId: string) => boolean;
  readonly ledger: Pick<ClaudeTaskLedger, 'replace'>;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
  /** Epoch milliseconds before which nothing is kept; 0 for ever. */
  readonly keptSince: () => number;
  readonly now: () => number;
}

/** Reads Claude Code's own task lists into the database, as often as it is asked to look. */
export function createTaskListFollower({
  lister,
  directories,
  mayRead,
  ledger,
  redact,
  keptSince,
  now,
}: TaskListSources) {
  /** How each list looked when it was read, by its first file's folder. */
  const read = new Map<string, string>();
  const keyOf = ({ kind, name, sessionId }: FoundTaskList): string => `${kind} ${sessionId} ${name}`;

  /** @returns the lists that are not what they were; the next look goes on where there are many */
  return function look(): readonly TaskListChange[] {
    const since = keptSince();
    const mayReadSession = mayRead();
    const waiting = lister
      .list(directories())
      .filter((list) => read.get(keyOf(list)) !== list.mark && list.changedAt >= since)
      .filter(({ sessionId }) => mayReadSession(sessionId));
    return waiting.slice(0, MOST_LISTS_AT_ONCE).flatMap((list) => {
      const tasks = readTaskList(list, now());
      if (tasks === null) return [];
      const { name, sessionId, changedAt } = list;
      const clean = tasks.map((task) => withoutSecrets(task, redact));
      const change = ledger.replace({ name, sessionId }, clean, changedAt);
      read.set(keyOf(list), list.mark);
      return change === null ? [] : [change];
    });
  };
}

export type TaskListFollower = ReturnType<typeof createTaskListFollower>;
