import { isDeepStrictEqual } from 'node:util';
import { and, asc, count, countDistinct, desc, eq, gte, inArray, lt, sql } from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { claudeTaskLists, claudeTasks } from '../../db/schema/claude-tasks.ts';
import { conversationSlots, conversations } from '../../db/schema/conversations.ts';
import type { ListedTask, TaskListChange } from '../claude-tasks/listed-task.ts';
import type { TaskListCall } from '../claude-tasks/task-results.ts';
import { inProject, titleOf } from './conversation-conditions.ts';

/** Whose list one is. */
export type TaskListName = Pick<TaskListChange, 'name' | 'sessionId'>;

/** A session that has such lists, the one of the session first. */
export interface SessionOfTasks {
  readonly sessionId: string;
  readonly project: string | null;
  /** The beginning of what was said first. */
  readonly title: string | null;
  readonly slotId: SlotId | null;
  readonly changedAt: number;
  readonly lastAt: number | null;
  readonly claudeVersion: string | null;
}

export interface TaskListFilter {
  /** A folder with what lies below it, or the name of a folder. */
  readonly project?: string | undefined;
  readonly sessionIds?: readonly string[] | undefined;
  /** Of the session's id. */
  readonly beginning?: string | undefined;
  /** Has such a task. */
  readonly status?: ListedTask['status'] | undefined;
}

const { taskId, position, subject, description, activeForm, status, owner, blockedBy } = claudeTasks;
const columns = { taskId, subject, description, activeForm, status, owner, blockedBy };

const amongThese = (texts: readonly string[]) => sql`(select value from json_each(${JSON.stringify(texts)}))`;
const isSame = (one: readonly ListedTask[], other: readonly ListedTask[]): boolean =>
  isDeepStrictEqual(one, other);

/**
 * Task lists of Claude Code's own: what their files say, and without files what the transcript does.
 * @param standBack called before a transaction of its own: may wait for somebody who must not
 */
export function createClaudeTaskLedger(db: MissionDatabase, standBack: () => void = () => {}) {
  const standing = db
    .select(columns)
    .from(claudeTasks)
    .where(eq(claudeTasks.list, sql.placeholder('list')))
    .orderBy(asc(position), asc(taskId))
    .prepare();
  const listed = (name: string): readonly ListedTask[] => standing.all({ list: name });

  const hasFiles = (name: string): boolean =>
    db
      .select({ hasFiles: claudeTaskLists.hasFiles })
      .from(claudeTaskLists)
      .where(eq(claudeTaskLists.name, name))
      .get()?.hasFiles === true;

  function touch({ name, sessionId }: TaskListName, isOfFiles: boolean, at: number): void {
    db.insert(claudeTaskLists)
      .values({ name, sessionId, hasFiles: isOfFiles, changedAt: at })
      .onConflictDoUpdate({
        target: claudeTaskLists.name,
        set: {
          hasFiles: sql`${claudeTaskLists.hasFiles} or excluded.has_files`,
          changedAt: sql`max(${claudeTaskLists.changedAt}, excluded.changed_at)`,
        },
      })
      .run();
  }

  function writeAll(name: string, tasks: readonly ListedTask[]): void {
    db.delete(claudeTasks).where(eq(claudeTasks.list, name)).run();
    for (const [at, task] of tasks.entries())
      db.insert(claudeTasks)
        .values({ ...task, list: name, position: at })
        .onConflictDoNothing()
        .run();
  }

  function carryOut(name: string, call: TaskListCall): void {
    const one = (id: string) => and(eq(claudeTasks.list, name), eq(taskId, id));
    if (call.kind === 'list') return writeAll(name, call.tasks);
    if (call.kind === 'created') {
      const { taskId, subject, description } = call;
      const task = { taskId, subject, description, activeForm: null, owner: null, blockedBy: [] };
      db.insert(claudeTasks)
        .values({ ...task, list: name, position: listed(name).length, status: 'pending' })
        .onConflictDoNothing()
        .run();
      return;
    }
    if (call.to === 'deleted') db.delete(claudeTasks).where(one(call.taskId)).run();
    else db.update(claudeTasks).set({ status: call.to }).where(one(call.taskId)).run();
  }

  /** What `change` makes of a list; null when it is what it was. */
  function changed(list: TaskListName, at: number, change: () => void): TaskListChange | null {
    const before = listed(list.name);
    change();
    const after = listed(list.name);
    if (isSame(before, after)) return null;
    return { ...list, before, after, at };
  }

  return {
    /** After a call that a transcript tells of. Belongs into a transaction of the caller's. */
    apply(list: TaskListName, call: TaskListCall, at: number): TaskListChange | null {
      if (hasFiles(list.name)) return null;
      return changed(list, at, () => {
        touch(list, false, at);
        carryOut(list.name, call);
      });
    },

    /** What the files of a list say now. One transaction; none where that is known. */
    replace(list: TaskListName, tasks: readonly ListedTask[], at: number): TaskListChange | null {
      if (isSame(listed(list.name), tasks) && (tasks.length === 0 || hasFiles(list.name))) return null;
      standBack();
      return atOnce(db, () =>
        changed(list, at, () => {
          touch(list, true, at);
          writeAll(list.name, tasks);
        }),
      );
    },

    /** Sessions that have lists, the one that was changed last first. */
    sessions(
      { project, sessionIds, beginning, status: having }: TaskListFilter,
      limit: number,
    ): readonly SessionOfTasks[] {
      const { sessionId, changedAt } = claudeTaskLists;
      const last = sql<number>`max(${changedAt})`;
      const wanted = and(
        project === undefined ? undefined : inProject(project),
        sessionIds === undefined ? undefined : inArray(sessionId, amongThese(sessionIds)),
        beginning === undefined
          ? undefined
          : and(gte(sessionId, beginning), lt(sessionId, `${beginning}\u{10ffff}`)),
        having === undefined
          ? undefined
          : inArray(
              claudeTaskLists.name,
              db.select({ list: claudeTasks.list }).from(claudeTasks).where(eq(status, having)),
            ),
      );
      return db
        .select({
          sessionId,
          changedAt: last,
          project: conversations.project,
          title: titleOf(conversations.id),
          slotId: conversationSlots.slotId,
          lastAt: conversations.lastAt,
          claudeVersion: conversations.claudeVersion,
        })
        .from(claudeTaskLists)
        .leftJoin(conversations, eq(conversations.name, sessionId))
        .leftJoin(conversationSlots, eq(conversationSlots.sessionId, sessionId))
        .where(wanted)
        .groupBy(sessionId)
        .orderBy(desc(last))
        .limit(limit)
        .all();
    },

    /** Everything that stands in the lists of sessions, in their order. */
    tasksOf(sessionIds: readonly string[]): ReadonlyMap<string, readonly ListedTask[]> {
      const rows = db
        .select({ sessionId: claudeTaskLists.sessionId, ...columns })
        .from(claudeTasks)
        .innerJoin(claudeTaskLists, eq(claudeTaskLists.name, claudeTasks.list))
        .where(inArray(claudeTaskLists.sessionId, amongThese(sessionIds)))
        .orderBy(asc(claudeTasks.list), asc(position))
        .all();
      const found = new Map<string, ListedTask[]>();
      for (const { sessionId, ...task } of rows) {
        const tasks = found.get(sessionId) ?? [];
        found.set(sessionId, tasks);
        tasks.push(task);
      }
      return found;
    },

    countByStatus: () => db.select({ status, count: count() }).from(claudeTasks).groupBy(status).all(),

    /** Sessions that have or had a list, and those in whose lists something stands. */
    countSessions() {
      const { sessionId } = claudeTaskLists;
      const of = db.select({ count: countDistinct(sessionId) }).from(claudeTaskLists);
      const all = of.get()?.count ?? 0;
      const standing = db.selectDistinct({ list: claudeTasks.list }).from(claudeTasks);
      const withTasks = db
        .select({ count: countDistinct(sessionId) })
        .from(claudeTaskLists)
        .where(inArray(claudeTaskLists.name, standing))
        .get();
      return { all, withTasks: withTasks?.count ?? 0 };
    },
  };
}

export type ClaudeTaskLedger = ReturnType<typeof createClaudeTaskLedger>;
