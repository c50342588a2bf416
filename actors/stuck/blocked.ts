import type { SlotId } from '../../db/ids.ts';
import type { MachineFailure } from '../../machines/failure.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';

/** What a session that was told that it seems stuck is asked to say when it cannot go on. */
export const SAY_BLOCKED =
  'If you cannot go on, end your turn with an answer that begins with the word BLOCKED: and says what blocks you.';

/** The fixed word, perhaps set in bold. */
const BLOCKED = /^[^\p{L}\p{N}]*BLOCKED[*_`]*:[*_`]*\s*(?<why>[\s\S]*)$/u;

/** Whether our note or our question is in the conversation that the slot works in. */
export function wasTold(core: MissionCore, { id, sessionId }: TaskRow, slotId: SlotId): boolean {
  const runs = core.attempts.of(id).filter((attempt) => attempt.sessionId === sessionId);
  const since = Math.min(...runs.map(({ startedAt }) => startedAt));
  const { steps = [] } = core.slotSnapshot(slotId)?.children.stuck?.getSnapshot().context ?? {};
  return steps.some(
    ({ step, taskId, at }) => (step === 'nudge' || step === 'ask') && taskId === id && at >= since,
  );
}

/**
 * Why a task has failed whose session answers our note or our question with the word that it was asked for; null for
 * every other answer. It is not tried again: what blocks one session blocks the next one, until somebody has done
 * something about it.
 */
export function blockedBy(
  core: MissionCore,
  task: TaskRow,
  slotId: SlotId,
  answer: string,
): MachineFailure | null {
  const why = BLOCKED.exec(answer)?.groups?.['why'];
  if (why === undefined || !wasTold(core, task, slotId)) return null;
  return {
    code: 'blocked',
    message: why.trim() || 'It did not say by what.',
    remedy: 'Do what it needs, then submit the task again.',
  };
}
