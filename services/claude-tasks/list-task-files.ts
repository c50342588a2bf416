import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** A task list of Claude Code's own, as it lies on the disk. */
export interface FoundTaskList {
  /** The session's id; of a subagent that has its own `<session>/agent-<id>`. */
  readonly name: string;
  readonly sessionId: string;
  readonly files: readonly string[];
  /** `folder`: one file for each task; `file`: one for all. */
  readonly kind: 'folder' | 'file';
  /** Another one when anything in it has changed. */
  readonly mark: string;
  /** Epoch milliseconds. */
  readonly changedAt: number;
}

const TASK_FILE = /^\d{1,9}\.json$/;
const SESSION = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';
const SESSION_FOLDER = new RegExp(`^${SESSION}$`);
const TODO_FILE = new RegExp(`^(${SESSION})-agent-([\\w-]{1,100})\\.json$`);
/** A list that has rested for so long is looked at with the others, now and then. */
const RESTS_AFTER_MS = 24 * 60 * 60_000;
const LOOK_AT_ALL_EVERY_MS = 60_000;
const MOST_FILES = 1_000;

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there, as in a version that keeps none; or not for us to read.
    return [];
  }
}

function statOf(file: string): { readonly changedAt: number; readonly mark: string } | null {
  try {
    const { mtimeNs, size, mtimeMs } = statSync(file, { bigint: true });
    return { changedAt: Number(mtimeMs), mark: `${mtimeNs}.${size}` };
  } catch {
    return null;
  }
}

/** Finds the task lists in configuration directories of Claude Code, again and again. */
export function createTaskFileLister(now: () => number) {
  /** By their paths. */
  const known = new Map<string, FoundTaskList>();
  let allLookedAt = Number.NEGATIVE_INFINITY;

  function found(
    of: Pick<FoundTaskList, 'name' | 'sessionId' | 'kind'>,
    files: readonly string[],
  ): FoundTaskList {
    const stats = files.map(statOf);
    const changedAt = Math.max(0, ...stats.map((stat) => stat?.changedAt ?? 0));
    const mark = files.map((file, at) => `${path.basename(file)}:${stats[at]?.mark ?? ''}`).join(' ');
    return { ...of, files, changedAt, mark };
  }

  function folder(at: string, sessionId: string): FoundTaskList {
    const files = namesIn(at)
      .filter((name) => TASK_FILE.test(name))
      .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
      .slice(0, MOST_FILES);
    return found(
      { name: sessionId, sessionId, kind: 'folder' },
      files.map((name) => path.join(at, name)),
    );
  }

  function file(at: string): FoundTaskList | null {
    const [, sessionId, agentId] = TODO_FILE.exec(path.basename(at)) ?? [];
    if (sessionId === undefined || agentId === undefined) return null;
    const name = agentId === sessionId ? sessionId : `${sessionId}/agent-${agentId}`;
    return found({ name, sessionId, kind: 'file' }, [at]);
  }

  /** As it was, where it rests. */
  function look(at: string, isFull: boolean, find: () => FoundTaskList | null): readonly FoundTaskList[] {
    const before = known.get(at);
    if (before !== undefined && !isFull && now() - before.changedAt > RESTS_AFTER_MS) return [before];
    const list = find();
    if (list === null) return [];
    known.set(at, list);
    return [list];
  }

  return {
    /** @param directories each `CLAUDE_CONFIG_DIR`, or `~/.claude` */
    list(directories: Iterable<string>): readonly FoundTaskList[] {
      const isFull = now() - allLookedAt > LOOK_AT_ALL_EVERY_MS;
      if (isFull) {
        allLookedAt = now();
        known.clear();
      }
      return [...directories].flatMap((directory) => {
        const [tasks, todos] = [path.join(directory, 'tasks'), path.join(directory, 'todos')];
        return [
          ...namesIn(todos).flatMap((name) => {
            const at = path.join(todos, name);
            return look(at, isFull, () => file(at));
          }),
          ...namesIn(tasks)
            .filter((name) => SESSION_FOLDER.test(name))
            .flatMap((name) => {
              const at = path.join(tasks, name);
              return look(at, isFull, () => folder(at, name));
            }),
        ];
      });
    },
  };
}

export type TaskFileLister = ReturnType<typeof createTaskFileLister>;
