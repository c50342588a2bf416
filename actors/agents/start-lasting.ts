import type { SlotId } from '../../db/ids.ts';
import { type BackOff, backOffMs } from '../../machines/back-off.ts';
import type { MissionCore } from '../core.ts';
import { toTheTaskOf } from '../mission/supervision.ts';

/** After a start that failed, since what waits for the agent goes on waiting; a slot that fails five times is in quarantine. */
const PAUSES: BackOff = { firstMs: 1_000, longestMs: 60_000 };

export interface LastingSessions {
  /** True of an agent that lasts, has no session, and may be given one: nobody has ended it, and nothing holds it back. */
  mayStart(slotId: SlotId): boolean;
  /** Starts its session, when it may be started, since something waits for it. */
  startFor(slotId: SlotId): void;
  /** A daemon has come: those that ran until the last one took them down with it run again. */
  readonly start: () => () => void;
}

export interface LastingSessionsDependencies {
  readonly core: Pick<
    MissionCore,
    | 'agents'
    | 'closing'
    | 'now'
    | 'occupied'
    | 'runtimes'
    | 'sendToSlot'
    | 'slots'
    | 'slotSnapshot'
    | 'tasks'
    | 'worktrees'
  >;
  /** True while the slot takes nothing new: it was put aside, its budget or its usage window is spent, the daemon ends. */
  readonly holdsBack: (slotId: SlotId) => boolean;
}

/**
 * Sessions of agents that last (supervisor, merge queue): no task is theirs that would start them, so what is written to
 * them does. One that a person has ended stays down until a person starts it.
 */
export function createLastingSessions({ core, holdsBack }: LastingSessionsDependencies): LastingSessions {
  function mayStart(slotId: SlotId): boolean {
    const agent = core.agents.get(slotId);
    if (agent?.kind !== 'persistent' || agent.status !== 'active') return false;
    const slot = core.slotSnapshot(slotId);
    if (slot?.value !== 'stopped' || slot.context.killedAt !== null) return false;
    if (core.closing.has(slotId) || holdsBack(slotId)) return false;
    const failed = slot.context.failedAt.at(-1);
    // The clock may have been set back since.
    return failed === undefined || Math.abs(core.now() - failed) >= backOffMs(slot.context.crashes, PAUSES);
  }

  function startFor(slotId: SlotId): void {
    if (!mayStart(slotId)) return;
    core.sendToSlot(slotId, {
      type: 'slot.start',
      by: 'daemon',
      // One that ends by itself comes back when something waits for it.
      autoRestart: false,
      resume: true,
      folder: null,
      ...toTheTaskOf(core, slotId),
    });
  }

  return {
    mayStart,
    startFor,
    start() {
      for (const slotId of core.runtimes.keys()) {
        const epoch = core.slots.get(slotId)?.epoch ?? null;
        if (epoch !== null && core.slots.session(epoch)?.endedByDaemon === true) startFor(slotId);
      }
      return () => {};
    },
  };
}
