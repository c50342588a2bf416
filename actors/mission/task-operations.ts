import { randomUUID } from 'node:crypto';
import { type Role, type SlotId, TaskId } from '../../db/ids.ts';
import { isErrorCode, MissionError } from '../../services/errors/mission-error.ts';
import { MAX_PROMPT_CHARACTERS } from '../../services/keyboard/prompt-plan.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';
import { SNAPSHOT_VERSION } from '../journal.ts';
import { readinessOf } from '../slot-view.ts';
import type { Mission, SubmitRequest, SubmitResult } from './api.ts';
import { attemptView, taskView } from './task-view.ts';
import { IN_EVENT, IN_LIST, pageOf } from './text-page.ts';
import type { TaskView } from './views.ts';
import { whyItWaits } from './why-it-waits.ts';

const USUAL_LIST = 20;
/** A cancelled task that runs must first see its session interrupted. */
const CANCEL_AT_MOST_MS = 15_000;

export interface TaskOperationsDependencies {
  readonly core: MissionCore;
  readonly dispatchSoon: () => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

type TaskOperations = Pick<
  Mission,
  'submit' | 'ask' | 'task' | 'tasks' | 'waitForTask' | 'cancel' | 'inbox' | 'markInboxRead'
> & {
  enqueue(kind: TaskRow['kind'], request: SubmitRequest): TaskId;
};

/** A task that did not end well, as what a waiting caller is told. */
export function failedTask(task: TaskView): MissionError {
  const code = task.errorCode ?? '';
  return new MissionError(
    isErrorCode(code) ? code : 'internal',
    task.error ?? `The task ended as ${task.status}.`,
    {
      facts: { taskId: task.id },
    },
  );
}

const isOver = ({ status }: Pick<TaskRow, 'status'>): boolean =>
  status === 'done' || status === 'failed' || status === 'cancelled';

/** Giving work, waiting for it, stopping it, reading what came back. */
export function createTaskOperations({
  core,
  dispatchSoon,
  signal: stopping,
}: TaskOperationsDependencies): TaskOperations {
  function checkPrompt(prompt: string): void {
    // Control characters are stripped when typing; what is left must say something.
    if (prompt.replace(/[\p{Cc}\p{Cf}\s]/gu, '') === '') {
      throw new MissionError('prompt_empty', 'The prompt holds no printable character.', {
        remedy: 'Give words.',
      });
    }
    // Refused at the door: nothing that long can be typed, so the task could only fail later.
    if (prompt.length > MAX_PROMPT_CHARACTERS) {
      throw new MissionError(
        'prompt_too_long',
        `The prompt has ${prompt.length} characters; a terminal session takes ${MAX_PROMPT_CHARACTERS}.`,
        {
          remedy:
            'Put the text into a file in the working directory of the slot and ask the agent to read it.',
        },
      );
    }
  }

  /** The role of the work, and the slot when one was named. */
  function route({ role, slotId }: SubmitRequest): { readonly role: Role; readonly slotId: SlotId | null } {
    if (slotId !== undefined) {
      const { configuration } = core.runtime(slotId);
      if (role !== undefined && role !== configuration.role) {
        throw new MissionError(
          'role_unknown',
          `Slot ${slotId} has the role ${configuration.role}, not ${role}.`,
          {
            remedy: 'Leave the role out, or name a slot of that role.',
          },
        );
      }
      return { role: configuration.role, slotId };
    }
    const roles = new Set([...core.runtimes.values()].map(({ configuration }) => configuration.role));
    if (role === undefined || !roles.has(role)) {
      throw new MissionError(
        'role_unknown',
        role === undefined ? 'Neither a role nor a slot was named.' : `No slot has the role "${role}".`,
        {
          remedy: `Use one of: ${[...roles].join(', ') || 'none is configured; add a slot to slots.yaml'}.`,
        },
      );
    }
    return { role, slotId: null };
  }

  function candidatesOf(request: SubmitRequest): readonly SlotId[] {
    const { role, slotId } = route(request);
    if (slotId !== null) return [slotId];
    return [...core.runtimes.values()]
      .map(({ configuration }) => configuration)
      .filter((slot) => slot.role === role)
      .map(({ id }) => id);
  }

  function find(idOrPrefix: string): TaskRow {
    const rows = core.tasks.byPrefix(idOrPrefix);
    const [row] = rows;
    if (row === undefined || rows.length > 1) {
      throw new MissionError(
        'task_unknown',
        row === undefined ? `There is no task ${idOrPrefix}.` : `Several tasks begin with ${idOrPrefix}.`,
        {
          remedy: 'Give the whole id; `missiond tasks` lists them.',
        },
      );
    }
    return row;
  }

  function enqueue(kind: TaskRow['kind'], request: SubmitRequest): TaskId {
    checkPrompt(request.prompt);
    const { role, slotId } = route(request);
    const id = TaskId.parse(randomUUID());
    const createdAt = core.now();
    const row: TaskRow = {
      id,
      kind,
      role,
      prompt: request.prompt,
      status: 'queued',
      pinnedSlotId: slotId,
      slotId: null,
      epoch: null,
      sessionId: null,
      result: null,
      errorCode: null,
      error: null,
      deadlineAt: request.deadlineMs === undefined ? null : createdAt + request.deadlineMs,
      createdAt,
      startedAt: null,
      finishedAt: null,
      progress: null,
      snapshot: null,
      snapshotVersion: SNAPSHOT_VERSION,
    };
    // Stored before the caller hears of it.
    core.tasks.insert(row);
    core.bus.publish({ type: 'task_changed', at: createdAt, task: taskView(row, IN_EVENT) });
    dispatchSoon();
    return id;
  }

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
      const taskId = enqueue('task', request);
      // One turn of the event loop: an idle slot has taken it by then.
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      const slotId = [...core.occupied].find(([, given]) => given === taskId)?.[0];
      if (slotId !== undefined) return { taskId, dispatched: true, slotId };
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
      return { ...taskView(row, page), attempts: core.attempts.of(row.id).map(attemptView) };
    },

    tasks: ({ status, limit }) =>
      core.tasks
        .list({ ...(status === undefined ? {} : { status }), limit: limit ?? USUAL_LIST })
        .map((row) => taskView(row, IN_LIST)),

    async cancel(idOrPrefix) {
      const row = find(idOrPrefix);
      if (isOver(row))
        return { cancelled: false, task: taskView(row), hint: `The task is already ${row.status}.` };
      const interrupts = row.status !== 'queued' || [...core.occupied.values()].includes(row.id);
      core.sendToTask(row.id, { type: 'task.cancel', at: core.now() });
      const task = await waitForTask(row.id, { timeoutMs: CANCEL_AT_MOST_MS });
      if (task.status !== 'cancelled')
        return {
          cancelled: false,
          task,
          hint: `The task ended as ${task.status} before it could be cancelled.`,
        };
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
        return { ...message, content: text, contentTotalChars: totalChars };
      }),

    markInboxRead: (ids) => ({ marked: core.inbox.markRead(ids) }),
  };
}
