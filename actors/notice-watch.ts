import type { SnapshotFrom } from 'xstate';
import type { SlotId } from '../db/ids.ts';
import type { sessionMachine } from '../machines/session.ts';
import type { NoticeEvent } from '../services/config/notice-hooks.ts';
import type { MissionCore } from './core.ts';

export interface NoticeWatchDependencies {
  readonly core: Pick<MissionCore, 'bus' | 'notices' | 'runtime'>;
  /** Writes in the next transaction. */
  readonly writeLater: (write: () => void) => void;
  /** Something new waits in the outbox. */
  readonly wake: () => void;
}

/** Sees what somebody may want to be told of beside the ends of tasks: questions, usage limits, sessions that are stuck. */
export function createNoticeWatch({ core, writeLater, wake }: NoticeWatchDependencies) {
  const limits = new Map<SlotId, number>();

  function tell(event: NoticeEvent, subject: string, facts: Readonly<Record<string, unknown>>): void {
    writeLater(() => {
      core.notices.add(event, subject, facts);
      // What is not stored yet is not sent.
      setImmediate(wake);
    });
  }

  const slotOf = (slotId: SlotId) => ({ slotId, role: core.runtime(slotId).configuration.role });

  const unsubscribe = core.bus.subscribe((event) => {
    if (event.type === 'question_asked') tell('question', event.question.id, { question: event.question });
    if (event.type === 'slot_stuck') {
      const { slotId, taskId, step, reason, at } = event;
      tell('stuck', `${slotId} ${at}`, { slot: slotOf(slotId), taskId, step, reason });
    }
    // Stored before it was published.
    if (event.type === 'task_changed' && event.task.finishedAt !== undefined) wake();
  });

  return {
    sessionMoved(slotId: SlotId, session: SnapshotFrom<typeof sessionMachine>): void {
      const { limit } = session.context;
      if (limit === null || limits.get(slotId) === limit.at) return;
      limits.set(slotId, limit.at);
      tell('limit', `${slotId} ${limit.at}`, { slot: slotOf(slotId), words: limit.words });
    },
    dispose: unsubscribe,
  };
}

export type NoticeWatch = ReturnType<typeof createNoticeWatch>;
