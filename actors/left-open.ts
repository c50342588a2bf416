import type { SlotId } from '../db/ids.ts';
import type { TaskEvent } from '../machines/task-events.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';
import type { MissionCore } from './core.ts';
import type { HandOver } from './hand-over/hand-over.ts';
import type { OwnQuestionsPart } from './questions/own-questions.ts';

/** Says of a task whose turn has ended why it goes on: its agent waits for an answer, or leaves the rest to a fresh session. */
export function createLeftOpen({
  core,
  own,
  handOver,
}: {
  readonly core: Pick<MissionCore, 'now' | 'agents' | 'runtimes'>;
  readonly own: Pick<OwnQuestionsPart, 'keepsOpen'>;
  readonly handOver: Pick<HandOver, 'isLeaving'>;
}) {
  /** An agent that is done, or sleeps, is given nothing more. */
  function takesMore(slotId: SlotId): boolean {
    const status = core.agents.get(slotId)?.status;
    return core.runtimes.has(slotId) && status !== 'completed' && status !== 'removed';
  }

  return function leftOpen(task: TaskRow, slotId: SlotId): TaskEvent | null {
    if (task.kind === 'message' || !takesMore(slotId)) return null;
    const left = { type: 'turn.left', words: '', at: core.now() } as const;
    if (handOver.isLeaving(slotId)) return { ...left, why: 'handed_over' };
    return own.keepsOpen(task.id, slotId) ? { ...left, why: 'asked' } : null;
  };
}
