import { createHash } from 'node:crypto';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';
import { findTask } from '../mission/find-task.ts';
import type { TaskOperations } from '../mission/task-operations.ts';
import { IN_EVENT } from '../mission/text-page.ts';
import type { TrackedTask, TrackRequest } from './api.ts';
import { untilItHolds } from './until-it-holds.ts';

const SECOND_MS = 1_000;
/** Enough to tell one state from another. */
const CURSOR_CHARACTERS = 16;

/** One task with the session of its slot, now or when either has changed. */
export function createTrackTask({
  core,
  tasks,
  stopping,
}: {
  readonly core: Pick<MissionCore, 'bus' | 'now' | 'tasks' | 'runtimes' | 'view'>;
  readonly tasks: Pick<TaskOperations, 'task'>;
  readonly stopping: AbortSignal;
}) {
  const slotOf = ({ slotId }: TaskRow) =>
    slotId !== null && core.runtimes.has(slotId) ? core.view(slotId) : undefined;

  /** Stands for what somebody would call a change: not for seconds that go by. */
  function cursorOf(row: TaskRow): string {
    const slot = slotOf(row);
    const { tools, currentTool, lastWords } = row.progress ?? {};
    const seen = [
      [row.status, row.waitingFor, row.slotId, row.sessionId, row.retried, row.finishedAt],
      [tools, currentTool?.name, currentTool?.since, lastWords],
      [slot?.status, slot?.state, slot?.pendingConfirmation?.id],
    ];
    return createHash('sha256').update(JSON.stringify(seen)).digest('base64url').slice(0, CURSOR_CHARACTERS);
  }

  function show(row: TaskRow): Omit<TrackedTask, 'changed'> {
    const slot = slotOf(row);
    const task = tasks.task(row.id, IN_EVENT);
    const lastResponse = task.result ?? task.progress?.lastWords;
    return {
      task,
      ...(slot === undefined
        ? {}
        : {
            slot: {
              slotId: slot.slotId,
              status: slot.status,
              state: slot.state,
              statusText: slot.statusText,
              sessionId: slot.sessionId,
              contextLeftPercent: slot.contextLeftPercent,
              pendingConfirmation: slot.pendingConfirmation,
              ...(slot.lastActivityAt === undefined
                ? {}
                : {
                    lastActivitySecsAgo: Math.max(
                      0,
                      Math.round((core.now() - slot.lastActivityAt) / SECOND_MS),
                    ),
                  }),
            },
          }),
      ...(lastResponse === undefined ? {} : { lastResponse }),
      cursor: cursorOf(row),
    };
  }

  return async (idOrPrefix: string, { cursor, waitMs, signal }: TrackRequest): Promise<TrackedTask> => {
    const found = findTask(core.tasks, idOrPrefix);
    const now = (): TaskRow => core.tasks.get(found.id) ?? found;
    const before = cursor ?? cursorOf(found);
    // What has ended does not change any more.
    const isOver = found.finishedAt !== null;
    await untilItHolds(core.bus, () => cursorOf(now()) !== before, {
      waitMs: isOver ? 0 : waitMs,
      signals: [signal, stopping],
    });
    const shown = show(now());
    return { ...shown, changed: shown.cursor !== before };
  };
}
