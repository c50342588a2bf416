import type { TaskId } from '../../db/ids.ts';
import { isErrorCode, MissionError } from '../../services/errors/mission-error.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { Worktrees } from '../../services/worktrees/create-worktrees.ts';
import type { MissionCore } from '../core.ts';
import { readinessOf } from '../slot-view.ts';
import { checkWorktreeWish } from '../worktrees/check-wish.ts';
import { worktreeView } from '../worktrees/worktree-view.ts';
import type { Mission, SubmitRequest, SubmitResult } from './api.ts';
import { findTask } from './find-task.ts';
import { createSubmission } from './submit-task.ts';
import { attemptView, taskView } from './task-view.ts';
import { IN_EVENT, IN_LIST, pageOf } from './text-page.ts';
import type { TaskView } from './views.ts';
import { whyItWaits, whyNotBack, whyQueued } from './why-it-waits.ts';

const USUAL_LIST = 20;
/** A cancelled task that runs must first see its session interrupted. */
const CANCEL_AT_MOST_MS = 15_000;

export interface TaskOperationsDependencies {
  readonly core: MissionCore;
  readonly worktrees: Pick<Worktrees, 'check'>;
  readonly dispatchSoon: () => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

export type TaskOperations = Pick<
  Mission,
  'submit' | 'ask' | 'task' | 'tasks' | 'waitForTask' | 'cancel' | 'inbox' | 'markInboxRead'
> & {
  enqueue(kind: TaskRow['kind'], request: SubmitRequest): TaskId;
};

/** A task that did not end well, as what a waiting caller is told. */
export function failedTask(task: TaskView): MissionError {
  const code = task.errorCode ?? '';
  const otherwise = task.status === 'cancelled' ? 'cancelled' : 'internal';
  return new MissionError(
    isErrorCode(code) ? code : otherwise,
    task.error ?? `The task ended as ${task.status}.`,
    {
      facts: { taskId: task.id },
    },
  );
}

function hintOfWaiting(waitingFor?: TaskRow['waitingFor'], notBefore?: number | null): string {
  if (waitingFor === 'dependency') return 'It waits for the tasks that it depends on.';
  return `It waits until ${new Date(notBefore ?? 0).toISOString()}.`;
}

const isOver = ({ status }: Pick<TaskRow, 'status'>): boolean =>
  status === 'done' || status === 'failed' || status === 'cancelled';

/** Giving work, waiting for it, stopping it, reading what came back. */
export function createTaskOperations({
  core,
  worktrees,
  dispatchSoon,
  signal: stopping,
}: TaskOperationsDependencies): TaskOperations {
  const { enqueue, candidatesOf, isRepeated } = createSubmission(core, dispatchSoon);
  const find = (idOrPrefix: string): TaskRow => findTask(core.tasks, idOrPrefix);

  function waitForTask(
    id: TaskId,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<TaskView> {
    return new Promise((resolve, reject) => {
      const row = core.tasks.get(id);
      if (row !== undefined && isOver(row)) return resolve(taskView(row));
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        unsubscribe();
        options.signal?.removeEventListener('abort', cancelled);
        stopping.removeEventListener('abort', cancelled);
        act();
      };
      const cancelled = (): void =>
        finish(() =>
          reject(
            new MissionError('cancelled', `The wait for task ${id} was given up; the task goes on.`, {
              facts: { taskId: id },
            }),
          ),
        );
      const timer = setTimeout(
        () =>
          finish(() =>
            reject(
              new MissionError(
                'timeout',
                `Task ${id} did not end within ${options.timeoutMs} ms; it goes on.`,
                {
                  remedy: `Ask for it later with mission_status {"taskId": "${id}"}, or stop it with mission_cancel.`,
                  facts: { taskId: id },
                },
              ),
            ),
          ),
        options.timeoutMs,
      );
      const unsubscribe = core.bus.subscribe((event) => {
        if (event.type === 'task_changed' && event.task.id === id && isOver(event.task))
          // Events carry the beginning of a result only.
          finish(() => resolve(taskView(find(id))));
      });
      options.signal?.addEventListener('abort', cancelled, { once: true });
      stopping.addEventListener('abort', cancelled, { once: true });
      if (options.signal?.aborted === true || stopping.aborted) cancelled();
    });
  }

  return {
    enqueue,
    waitForTask,

    async submit(request): Promise<SubmitResult> {
      // Before anything is stored, and not of what has its worktree already.
      if (request.worktree !== undefined && !isRepeated('task', request))
        await checkWorktreeWish(core, worktrees, request, candidatesOf(request), stopping);
      const taskId = enqueue('task', request);
      // One turn of the event loop: an idle slot has taken it by then.
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      const slotId = [...core.occupied].find(([, given]) => given === taskId)?.[0];
      if (slotId !== undefined) return { taskId, dispatched: true, slotId };
      const { status, waitingFor, notBefore } = core.tasks.get(taskId) ?? {};
      if (status === 'waiting')
        return { taskId, dispatched: false, hint: hintOfWaiting(waitingFor, notBefore) };
      if (status !== 'queued') return { taskId, dispatched: false, hint: `It is ${status}.` };
      return {
        taskId,
        dispatched: false,
        hint: `Queued. ${whyItWaits(core, candidatesOf(request))}`,
      };
    },

    async ask(request, { timeoutMs, signal, submitted }) {
      const startedAt = core.now();
      const taskId = enqueue('ask', request);
      const stop = submitted?.(taskId);
      try {
        const task = await waitForTask(taskId, { timeoutMs, ...(signal === undefined ? {} : { signal }) });
        if (task.status !== 'done') throw failedTask(task);
        return { task, durationMs: core.now() - startedAt };
      } finally {
        stop?.();
      }
    },

    task(idOrPrefix, page) {
      const row = find(idOrPrefix);
      const worktree = core.worktrees.get(row.id);
      const dependsOn = core.waiting.dependenciesOf(row.id).map(({ id }) => id);
      return {
        ...taskView(row, page),
        ...(dependsOn.length === 0 ? {} : { dependsOn }),
        ...(worktree === undefined ? {} : { worktree: worktreeView(worktree) }),
        ...(row.waitingFor === 'session' && row.slotId !== null
          ? { waitsBecause: whyNotBack(core, row.slotId) }
          : {}),
        ...(row.status === 'queued' ? { waitsBecause: whyQueued(core, row) } : {}),
        attempts: core.attempts.of(row.id).map(attemptView),
      };
    },

    tasks: ({ status, limit }) =>
      core.tasks
        .list({ ...(status === undefined ? {} : { status }), limit: limit ?? USUAL_LIST })
        .map((row) => taskView(row, IN_LIST)),

    async cancel(idOrPrefix) {
      const row = find(idOrPrefix);
      if (isOver(row))
        return { cancelled: false, task: taskView(row), hint: `The task is already ${row.status}.` };
      const interrupts = row.slotId !== null || [...core.occupied.values()].includes(row.id);
      core.sendToTask(row.id, { type: 'task.cancel', at: core.now() });
      const task = await waitForTask(row.id, { timeoutMs: CANCEL_AT_MOST_MS }).catch((error: unknown) => {
        if (error instanceof MissionError && error.code === 'timeout') return taskView(find(row.id));
        throw error;
      });
      if (!isOver(task))
        return {
          cancelled: false,
          task,
          hint: `Its session${task.slotId === undefined ? '' : ` in ${task.slotId}`} has not left the turn yet and is being ended; mission_status {"taskId": "${task.id}"} says when the task is cancelled.`,
        };
      if (task.status !== 'cancelled')
        return {
          cancelled: false,
          task,
          hint: `The task ended as ${task.status} before it could be cancelled.`,
        };
      if (task.error !== undefined) return { cancelled: true, task, hint: task.error };
      if (!interrupts) return { cancelled: true, task, hint: 'It had not started.' };
      const snapshot = task.slotId === undefined ? undefined : core.slotSnapshot(task.slotId);
      const resting = snapshot !== undefined && readinessOf(snapshot, core.now()) === 'ready';
      return {
        cancelled: true,
        task,
        hint: resting
          ? `The session of ${task.slotId} was interrupted and is idle again.`
          : `The session of ${task.slotId ?? 'the slot'} was told to stop but is not idle yet; look with mission_pty_status.`,
      };
    },

    inbox: (filter) =>
      core.inbox.list(filter).map((message) => {
        const { text, totalChars } = pageOf(message.content, IN_EVENT);
        const run = core.board.runOfTask(message.taskId);
        return {
          ...message,
          content: text,
          contentTotalChars: totalChars,
          ...(run === undefined ? {} : { boardTaskId: run.boardTaskId }),
        };
      }),

    markInboxRead: (ids) => ({ marked: core.inbox.markRead(ids) }),
  };
}
