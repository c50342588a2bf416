import { setTimeout as sleep } from 'node:timers/promises';
import type { Assignment } from '../machines/task-events.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import type { MissionCore } from './core.ts';
import type { Launcher } from './launcher.ts';
import { personTypes } from './slot-view.ts';

/** Ending a program takes at most 5 s; a machine with too much to do needs longer. */
const ENDED_WITHIN_MS = 30_000;
/** A terminal that could not be ended publishes nothing: it is looked at again. */
const LOOK_AGAIN_MS = 100;

export interface EndRunDependencies {
  readonly core: MissionCore;
  readonly launcher: Pick<Launcher, 'terminateOrphan'>;
}

/** Makes sure that a run of a session does not go on; its slot is started anew where it was the slot's run. */
export function createEndRun({ core, launcher }: EndRunDependencies) {
  const isHeld = ({ slotId, epoch }: Assignment): boolean => core.runtime(slotId).epoch === epoch;

  /** False also while the host does not answer: then nobody knows. */
  async function hasEnded({ epoch }: Assignment): Promise<boolean> {
    const held = await core
      .host()
      .list()
      .catch(() => null);
    return held?.every((terminal) => terminal.epoch !== epoch || terminal.exit !== null) ?? false;
  }

  const isUsed = ({ slotId }: Assignment): boolean => {
    const slot = core.slotSnapshot(slotId);
    return slot !== undefined && personTypes(slot);
  };

  function renew(assignment: Assignment): void {
    const { slotId, epoch } = assignment;
    const slot = core.slotSnapshot(slotId);
    // In every other state that holds the run it is being ended already.
    if (slot?.value === 'live' && slot.context.plan?.epoch === epoch && !isUsed(assignment))
      core.sendToSlot(slotId, { type: 'slot.renew', resume: false });
  }

  function notEnded(assignment: Assignment): MissionError {
    const { slotId, epoch } = assignment;
    const why = isUsed(assignment)
      ? 'a person types there, so its program was not ended'
      : `its program could not be ended within ${ENDED_WITHIN_MS / 1_000} s`;
    return new MissionError(
      'session_not_ended',
      `The session in slot ${slotId} did not leave its turn, and ${why}: it may still be at work on this task.`,
      {
        remedy: `See to it with \`missiond attach ${slotId}\`, or end it with mission_pty_kill {"slotId": "${slotId}"}, before you submit the task again.`,
        facts: { slotId, epoch },
      },
    );
  }

  /**
   * Resolves when the program of the run has ended. It is not ended under the hands of a person.
   * @throws MissionError `session_not_ended` after 30 s; the signal's reason
   */
  return async function endRun(assignment: Assignment, signal: AbortSignal): Promise<void> {
    const { epoch } = assignment;
    const until = AbortSignal.timeout(ENDED_WITHIN_MS);
    for (;;) {
      signal.throwIfAborted();
      if (isHeld(assignment)) renew(assignment);
      else if (await hasEnded(assignment)) return;
      // The slot has let go of it without seeing it end.
      else await launcher.terminateOrphan(epoch).catch(() => undefined);
      if (until.aborted) throw notEnded(assignment);
      await sleep(LOOK_AGAIN_MS, undefined, { signal });
    }
  };
}
