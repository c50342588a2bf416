import type { SlotId, TaskId } from '../../db/ids.ts';
import { isErrorCode, MissionError, toFailure } from '../../services/errors/mission-error.ts';
import { isWorkspace } from '../agents/is-workspace.ts';
import type { Attempts } from '../attempts.ts';
import type { MissionCore } from '../core.ts';
import { createDispatcher, type DispatchSlot } from '../dispatcher.ts';
import type { SlotRuntime } from '../slot-runtime.ts';
import { readinessOf, sessionIdOf } from '../slot-view.ts';
import type { Workplaces } from '../worktrees/workplaces.ts';

/** A slot that looked ready and refused (a key that is not drawn yet) is not asked again at once; the sweep comes back to it. */
const REFUSED_RESTS_MS = 250;

export interface DispatchingDependencies {
  readonly core: MissionCore;
  readonly attempts: Pick<Attempts, 'begin'>;
  readonly workplaces: Pick<Workplaces, 'heldFor' | 'isBeingMade' | 'boundTo' | 'isThere' | 'bring'>;
  /** True while a budget or a usage window of the slot is spent. */
  readonly isPaused: (slotId: SlotId) => boolean;
  readonly report: (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Brings the queue and the slots of the mission together, at most once a tick. */
export function createDispatching({
  core,
  attempts,
  workplaces,
  isPaused,
  report,
  signal,
}: DispatchingDependencies) {
  function dispatchSlot(runtime: SlotRuntime): readonly DispatchSlot[] {
    const { id: slotId, role, traits, cwd } = runtime.configuration;
    const snapshot = core.slotSnapshot(slotId);
    if (snapshot === undefined) return [];
    // The clock may have been set back since.
    const refused = Math.abs(core.now() - runtime.refusedAt) < REFUSED_RESTS_MS;
    const mayNot = core.occupied.has(slotId) || refused || isPaused(slotId) || workplaces.isBeingMade(slotId);
    const readiness = mayNot ? 'busy' : readinessOf(snapshot, core.now());
    const { failure, killedAt } = snapshot.context;
    return [
      {
        slotId,
        role,
        isWorkspace: isWorkspace(core, slotId),
        traits,
        cwd,
        heldFor: workplaces.heldFor(slotId),
        readiness,
        killedAt,
        lastUsedAt: runtime.lastUsedAt,
        failure:
          failure === null
            ? null
            : { ...failure, code: isErrorCode(failure.code) ? failure.code : 'launch_failed' },
      },
    ];
  }

  function assign(taskId: TaskId, slotId: SlotId): void {
    const snapshot = core.slotSnapshot(slotId);
    const plan = snapshot?.context.plan;
    if (snapshot === undefined || plan == null) return;
    core.occupied.set(slotId, taskId);
    core.runtime(slotId).lastUsedAt = core.now();
    const sessionId = sessionIdOf(snapshot) ?? plan.sessionId;
    const assignment = { slotId, epoch: plan.epoch, sessionId };
    const at = core.now();
    try {
      const attempt = attempts.begin(taskId, assignment);
      core.sendToTask(taskId, { type: 'task.assign', at, assignment, attempt });
    } catch (error) {
      if (!(error instanceof MissionError)) throw error;
      core.occupied.delete(slotId);
      core.sendToTask(taskId, { type: 'task.refuse', failure: toFailure(error), at });
    }
  }

  const dispatcher = createDispatcher({
    now: core.now,
    queuedFor({ slotId, role, traits, killedAt, heldFor, isWorkspace: isPersons }, most, inTurn) {
      const given = new Set(core.occupied.values());
      if (heldFor !== null) {
        const task = given.has(heldFor) ? undefined : core.queue.get(heldFor);
        return task === undefined ? [] : [task];
      }
      for (const other of core.runtimes.keys()) {
        const held = workplaces.heldFor(other);
        if (held !== null) given.add(held);
      }
      const window = { since: killedAt ?? 0, limit: most + given.size, traits, inTurn };
      const ofRole = isPersons ? [] : core.queue.forRole(role, window);
      return [...core.queue.forSlot(slotId, window), ...ofRole].filter(({ id }) => !given.has(id));
    },
    slots: () => [...core.runtimes.values()].flatMap(dispatchSlot),
    assign: ({ id }, slotId) => assign(id, slotId),
    bring: workplaces.bring,
    isThere: workplaces.isThere,
    boundTo: workplaces.boundTo,
    refuse: (task, failure) => core.sendToTask(task.id, { type: 'task.refuse', failure, at: core.now() }),
  });

  let scheduled = false;
  return {
    dispatchSoon(): void {
      if (scheduled || signal.aborted) return;
      scheduled = true;
      setImmediate(() => {
        scheduled = false;
        if (signal.aborted) return;
        try {
          dispatcher.dispatch();
        } catch (error) {
          report(error);
        }
      });
    },
    /** Gives a queued task to a slot that is ready for it, whatever else waits. */
    give: assign,
    /** A task has left the queue for good. */
    forget: dispatcher.forget,
  };
}
