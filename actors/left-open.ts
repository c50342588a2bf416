import type { SlotId } from '../db/ids.ts';
import type { TaskEvent } from '../machines/task-events.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';
import type { MissionCore } from './core.ts';
import type { HandOver } from './hand-over/hand-over.ts';
import type { OwnQuestionsPart } from './questions/own-questions.ts';

/** Where a task goes on that its agent has left to one of another role; null when it has not. */
export function leftToAnother(
  core: Pick<MissionCore, 'agents' | 'now' | 'runtimes'>,
  { id, startedAt }: TaskRow,
  slotId: SlotId,
): TaskEvent | null {
  const completion = core.agents.get(slotId)?.completion;
  const heir = completion?.handedTo === undefined ? undefined : core.agents.get(completion.handedTo);
  if (completion == null || heir?.taskId !== id || completion.at < (startedAt ?? 0)) return null;
  const at = core.now();
  if (core.runtimes.has(heir.slotId))
    return { type: 'turn.left', why: 'handed_over', words: completion.summary, to: heir.slotId, at };
  const message = `It was handed over to ${heir.name}, which is ${heir.status} now.`;
  return { type: 'turn.failed', failure: { code: 'agent_refused', message }, at };
}

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
    if (task.kind === 'message') return null;
    const moved = leftToAnother(core, task, slotId);
    if (moved !== null) return moved;
    if (!takesMore(slotId)) return null;
    const left = { type: 'turn.left', words: '', at: core.now() } as const;
    if (handOver.isLeaving(slotId)) return { ...left, why: 'handed_over' };
    return own.keepsOpen(task.id, slotId) ? { ...left, why: 'asked' } : null;
  };
}
