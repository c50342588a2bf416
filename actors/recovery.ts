import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Epoch, SlotId, TaskId } from '../db/ids.ts';
import type { MachineFailure } from '../machines/failure.ts';
import type { Assignment, Recovery } from '../machines/task-events.ts';
import { within } from '../services/deadline/within.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import type { AttemptRow } from '../services/ledger/attempt-ledger.ts';
import type { Attempts } from './attempts.ts';
import { untilEvent } from './bus.ts';
import type { MissionCore } from './core.ts';
import { leftToAnother } from './left-open.ts';
import { toTheTaskOf } from './mission/supervision.ts';
import { heldPlan, readinessOf, type SlotSnapshot, sessionIdOf } from './slot-view.ts';
import type { Turns } from './turns.ts';
import { type LostRun, waitsForSession } from './waits-for-session.ts';

/** A task in whose midst so many sessions ended may be what ends them. */
const MOST_LOST = 3;
/** A limit that is over, or an API that may answer again, is no event. */
const SWEEP_MS = 1_000;
/** How often it is looked whether what ran has ended, whose terminal is gone. */
const LOOK_AGAIN_MS = 100;

export interface RecoveryDependencies {
  readonly core: MissionCore;
  readonly attempts: Pick<Attempts, 'begin'>;
  readonly turns: Pick<Turns, 'endFound' | 'wasBegun' | 'hasTheWords'>;
  /** Writes in the next transaction. */
  readonly writeLater: (write: () => void) => void;
  /** Resolves when everything is written: what was heard before the end is in the rows then. */
  readonly written: (signal: AbortSignal) => Promise<void>;
  /** Aborted when the daemon stops. */
  readonly stopping: AbortSignal;
}

/** A task that a slot was given, and how its session ended. */
export interface LostTask {
  readonly taskId: TaskId;
  readonly assignment: Assignment | null;
  readonly failure: MachineFailure | null;
}

/** It does not come back by itself: its statechart failed, a person ended it, or it failed too often. */
function isGone(slot: SlotSnapshot | undefined): boolean {
  return slot === undefined || slot.context.killedAt !== null || slot.value === 'quarantined';
}

function neverEnded(lost: readonly AttemptRow[], { assignment, failure }: LostTask): MissionError {
  const last = failure?.message ?? 'Its session ended.';
  const each = lost.map(({ number, error }) => `(${number}) ${error ?? last}`);
  return new MissionError(
    'session_exited',
    lost.length > 1 ? `${lost.length} sessions ended before this task was done: ${each.join(' ')}` : last,
    { remedy: `See \`missiond logs ${assignment?.slotId}\` and submit the task again.` },
  );
}

/**
 * What becomes of a task whose session ended before it had answered. The session is resumed in its slot, which takes nothing else meanwhile, and gets the task again. Never two agents work on it.
 */
export function createRecovery({
  core,
  attempts,
  turns,
  writeLater,
  written,
  stopping,
}: RecoveryDependencies) {
  /** Resolves when `holds`. Every change of a slot is an event, but for what time alone brings: `look` sees to that. */
  async function until(holds: () => boolean, signal: AbortSignal, look = (): void => {}): Promise<void> {
    for (;;) {
      const held = await untilEvent(core.bus, holds, within(SWEEP_MS, signal)).then(
        () => true,
        () => false,
      );
      if (held) return;
      signal.throwIfAborted();
      if (holds()) return;
      look();
    }
  }

  /** False when the host does not hold the terminal of the run any more; undefined while there is no host to ask. */
  async function isHeld(lostEpoch: Epoch): Promise<boolean | undefined> {
    try {
      return (await core.host().list()).some(({ epoch, exit }) => epoch === lostEpoch && exit === null);
    } catch {
      return undefined;
    }
  }

  /**
   * Waits until the run has ended: a session whose terminal has gone lives on for a moment, and may take a prompt or
   * finish its answer in it. False when it goes on (the connection to its host was lost, and nothing else).
   */
  async function hasEnded(slotId: SlotId, lostEpoch: Epoch, signal: AbortSignal): Promise<boolean> {
    while (heldPlan(core.slotSnapshot(slotId))?.epoch === lostEpoch) {
      if (await isHeld(lostEpoch)) return false;
      await sleep(LOOK_AGAIN_MS, undefined, { signal });
    }
    return true;
  }

  /** Its session ended in its midst, and not because the daemon was told to stop. */
  const wasLost = ({ outcome, epoch }: AttemptRow): boolean =>
    (outcome === 'lost' || outcome === null) && core.slots.session(epoch)?.endedByDaemon !== true;

  /** Its host has told of its end. Of a session whose host has died, or that went down with its daemon, nobody has. */
  function endedByItself(epoch: Epoch): boolean {
    const session = core.slots.session(epoch);
    return session?.endedAt != null && !session.endedByDaemon;
  }

  /** The next run of the slot at its prompt, or null when it does not come. */
  async function resumedRun(
    { taskId, slotId, epoch: lostEpoch }: LostRun,
    signal: AbortSignal,
  ): Promise<Assignment | null> {
    const look = waitsForSession(core, { taskId, slotId, epoch: lostEpoch }, writeLater);
    const snapshot = (): SlotSnapshot | undefined => core.slotSnapshot(slotId);
    const isStopped = (): boolean => snapshot()?.value === 'stopped';
    const next = (): Assignment | null => {
      const slot = snapshot();
      const plan = slot?.context.plan;
      if (slot === undefined || plan == null || plan.epoch === lostEpoch) return null;
      if (readinessOf(slot, core.now()) !== 'ready') return null;
      return { slotId, epoch: plan.epoch, sessionId: sessionIdOf(slot) ?? plan.sessionId };
    };
    // It may come back by itself, after a pause.
    await until(() => isGone(snapshot()) || isStopped() || next() !== null, signal, look);
    if (isGone(snapshot())) return null;
    if (isStopped()) {
      // The daemon goes down with its agents; the next one finds the task as it is and takes it up here.
      if (stopping.aborted) await until(() => false, signal);
      const autoRestart = snapshot()?.context.autoRestart ?? false;
      core.sendToSlot(slotId, {
        type: 'slot.start',
        by: 'daemon',
        autoRestart,
        resume: true,
        ...toTheTaskOf(core, slotId),
      });
      await until(() => isGone(snapshot()) || isStopped() || next() !== null, signal, look);
    }
    return isGone(snapshot()) ? null : next();
  }

  return async function recover(lostTask: LostTask, signal: AbortSignal): Promise<Recovery> {
    const { taskId, assignment } = lostTask;
    // An invoked actor begins inside the transition that invokes it; the journal hears of that only afterwards.
    await setImmediate();
    await written(signal);
    const task = core.tasks.get(taskId);
    if (assignment === null || task === undefined)
      throw new MissionError('internal', `Task ${taskId} has no assignment.`);
    const { slotId, epoch } = assignment;
    // What may have been sent is looked for when the session rests: its transcript is behind what it does.
    if (!(await hasEnded(slotId, epoch, signal))) return { kind: 'goesOn' };
    // An end that is found takes the task out of here, and calls this off.
    if (await turns.endFound(task, slotId)) await until(() => false, signal);
    const left = leftToAnother(core, task, slotId);
    if (left !== null) {
      // Resumed, it would do what the other one begins with.
      core.sendToTask(taskId, left);
      await until(() => false, signal);
    }
    if (!(await turns.wasBegun(task, epoch))) return { kind: 'unbegun' };
    const lost = core.attempts.of(taskId).filter(wasLost);
    const isMessage = task.kind === 'message';
    if (lost.length >= MOST_LOST) throw neverEnded(lost, lostTask);
    // Whoever said something that ended the session hears of it rather than saying it to the next one.
    if (isMessage && endedByItself(epoch)) throw neverEnded(lost, lostTask);
    const hasTheWords = isMessage && (await turns.hasTheWords(task, epoch));
    const run = await resumedRun({ taskId, slotId, epoch }, signal);
    // A message is for this session, and for no other.
    if (run === null && isMessage) throw neverEnded(lost, lostTask);
    if (run === null) return { kind: 'elsewhere' };
    return { kind: 'resumed', assignment: run, attempt: attempts.begin(taskId, run, hasTheWords) };
  };
}
