import { Role, type TaskId } from '../../db/ids.ts';
import { isErrorCode, MissionError } from '../../services/errors/mission-error.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import { untilEvent } from '../bus.ts';
import type { MissionCore } from '../core.ts';
import type { SubmitRequest } from '../mission/api.ts';
import { beginFreshSessions } from './fresh-sessions.ts';
import { MEMORY_ROLE } from './make-jobs.ts';
import type { MemoryWorker } from './worker.ts';

/** As whom jobs hand in their tasks. */
export const MEMORY_SUBMITTER = 'memory';
/** A worker learns from what it was given, and from nothing else. */
const NO_TOOLS = { noTools: true } as const;

const hasEnded = (row: TaskRow | undefined): boolean =>
  row === undefined || row.status === 'done' || row.status === 'failed' || row.status === 'cancelled';

/** A worker that hands each attempt in as a task for the slots of the role `memory`. */
export function createSlotWorker({
  core,
  enqueue,
}: {
  readonly core: Pick<
    MissionCore,
    'bus' | 'runtimes' | 'tasks' | 'slotSnapshot' | 'occupied' | 'sendToSlot' | 'now'
  >;
  readonly enqueue: (kind: TaskRow['kind'], request: SubmitRequest) => TaskId;
}): MemoryWorker {
  const role = Role.parse(MEMORY_ROLE);

  function answerOf(row: TaskRow | undefined): string {
    if (row?.status === 'done') return row.result ?? '';
    if (row === undefined || row.status === 'cancelled')
      throw new MissionError('cancelled', 'The task of the job was cancelled.', {
        remedy: 'mission_memory_retry has the job tried again.',
      });
    const code = row.errorCode !== null && isErrorCode(row.errorCode) ? row.errorCode : 'turn_failed';
    throw new MissionError(code, row.error ?? 'The task of the job failed.');
  }

  return {
    name: 'slot',
    unavailable: () =>
      [...core.runtimes.values()].some(({ configuration }) => configuration.role === role)
        ? null
        : `No slot has the role "${MEMORY_ROLE}".`,

    async work({ key, prompt, timeoutMs, priority, label, submitted }, signal) {
      // What was handed in is not compared with what it would be now.
      const before = core.tasks.byIdempotencyKey(MEMORY_SUBMITTER, key)?.id;
      if (before === undefined) beginFreshSessions(core, role);
      const taskId =
        before ??
        enqueue('task', {
          role,
          prompt: prompt(),
          timeoutMs,
          priority,
          labels: [label],
          guard: NO_TOOLS,
          submitter: MEMORY_SUBMITTER,
          idempotencyKey: key,
        });
      submitted(taskId);
      await untilEvent(core.bus, () => hasEnded(core.tasks.get(taskId)), signal);
      return answerOf(core.tasks.get(taskId));
    },
  };
}
