import type { Epoch, SlotId, TaskId } from '../db/ids.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import type { MissionCore } from './core.ts';
import { whyNotBack } from './mission/why-it-waits.ts';

const MINUTE_MS = 60_000;

export interface LostRun {
  readonly taskId: TaskId;
  readonly slotId: SlotId;
  /** The run that was lost. */
  readonly epoch: Epoch;
}

/**
 * How long a task waits for its session to come back: somebody is told after `stuck.afterMinutes`, and the wait ends after
 * `stuck.recoverMinutes`. Time in which it is known when the slot goes on (a limit, a quarantine, a budget) does not count.
 * @returns a look at it; it throws MissionError `session_exited` when the wait has lasted too long
 */
export function waitsForSession(
  core: MissionCore,
  { taskId, slotId, epoch }: LostRun,
  writeLater: (write: () => void) => void,
): () => void {
  let since = core.slots.session(epoch)?.endedAt ?? core.now();
  let told = false;

  function tell(afterMs: number): void {
    told = true;
    // The same for a daemon that comes back, so that nobody is told twice of one wait.
    const at = since + afterMs;
    const task = core.tasks.get(taskId);
    core.bus.publish({ type: 'slot_stuck', at, slotId, taskId, step: 'wait', reason: 'not back' });
    core.logger.warn({ slotId, taskId }, 'the session of a task does not come back');
    if (task === undefined || task.kind === 'message') return;
    const content = `stuck: ${whyNotBack(core, slotId)}; the task waits for its session there.`;
    writeLater(() => core.inbox.add({ taskId, fromRole: task.role, content, createdAt: at }));
  }

  return function look(): void {
    const now = core.now();
    const { startsAgainAt = 0, paused } = core.view(slotId);
    since = paused === undefined ? Math.max(since, startsAgainAt) : now;
    // Not over yet; or the clock was set back, and the wait begins anew.
    if (since > now) since = now;
    const { afterMinutes, recoverMinutes } = core.runtime(slotId).configuration.stuck;
    if (!told && now - since >= afterMinutes * MINUTE_MS) tell(afterMinutes * MINUTE_MS);
    if (now - since < recoverMinutes * MINUTE_MS) return;
    throw new MissionError(
      'session_exited',
      `The session ended before this task was done, and has not come back within ${recoverMinutes} minutes: ${whyNotBack(core, slotId)}.`,
      { remedy: `See to slot ${slotId} (missiond attach ${slotId}), then submit the task again.` },
    );
  };
}
