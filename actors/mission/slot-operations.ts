import type { SlotId, TaskId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { DeliveryRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { Questions } from '../questions/questions.ts';
import { readinessOf, type SlotSnapshot } from '../slot-view.ts';
import type { Turns } from '../turns.ts';
import type { KillResult, Mission, SpawnOptions } from './api.ts';
import type { SlotView } from './views.ts';

/** Waiting for a first prompt box: MCP servers can hold it back for most of a minute. */
const IDLE_WITHIN_MS = 60_000;
/** A process group is killed within about 5 s; a loaded machine may take longer. */
const STOPPED_WITHIN_MS = 20_000;

/** Deliveries whose words may stand in the session. One that was refused was taken back, or never typed. */
const MAY_STAND: ReadonlySet<DeliveryRow['status']> = new Set(['typed', 'submitted', 'answered']);

/** A slot in which nothing runs, whatever is to become of it by itself. */
const STARTS_BY_HAND: ReadonlySet<SlotSnapshot['value']> = new Set(['stopped', 'backingOff', 'quarantined']);

export interface SlotOperationsDependencies {
  readonly core: MissionCore;
  readonly questions: Questions;
  readonly turns: Pick<Turns, 'conclude'>;
  /** Gives back what the agent of a slot had claimed on the board. */
  readonly releaseClaims: (slotId: SlotId) => KillResult['claimsReleased'];
  readonly dispatchSoon: () => void;
  /** Writes in the next transaction. */
  readonly writeLater: (write: () => void) => void;
  readonly signal: AbortSignal;
}

/** Starting and ending slots. */
export function createSlotOperations({
  core,
  questions,
  turns,
  releaseClaims,
  dispatchSoon,
  writeLater,
  signal,
}: SlotOperationsDependencies): Pick<Mission, 'slots' | 'slot' | 'spawn' | 'kill' | 'restart'> {
  function snapshotOf(slotId: SlotId): SlotSnapshot {
    const { crash } = core.runtime(slotId);
    const snapshot = core.slotSnapshot(slotId);
    if (snapshot !== undefined) return snapshot;
    throw new MissionError('internal', core.view(slotId).failure ?? `missiond failed on slot ${slotId}.`, {
      remedy:
        crash?.willRespawn === false
          ? `See \`missiond logs ${slotId}\`, then \`missiond down && missiond up\`.`
          : 'Try again in a moment.',
    });
  }

  /** Resolves when `reached` holds after a change of the slot. */
  function until(
    slotId: SlotId,
    reached: (snapshot: SlotSnapshot) => boolean,
    withinMs: number,
    what: string,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (reached(snapshotOf(slotId))) return resolve();
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        unsubscribe();
        signal.removeEventListener('abort', stopped);
        act();
      };
      const stopped = (): void =>
        finish(() => reject(new MissionError('cancelled', 'The daemon is stopping.')));
      const timer = setTimeout(() => {
        const { state } = core.view(slotId);
        finish(() =>
          reject(
            new MissionError(
              'timeout',
              `Slot ${slotId} was not ${what} within ${withinMs} ms; it is ${state}.`,
              {
                remedy: `Look with mission_pty_screen {"slotId": "${slotId}"}.`,
              },
            ),
          ),
        );
      }, withinMs);
      const unsubscribe = core.bus.subscribe((event) => {
        if (event.type !== 'slot_changed' || event.slot.slotId !== slotId) return;
        try {
          if (reached(snapshotOf(slotId))) finish(resolve);
        } catch (error) {
          finish(() => reject(error));
        }
      });
      signal.addEventListener('abort', stopped, { once: true });
    });
  }

  async function spawn(slotId: SlotId, options: SpawnOptions): Promise<SlotView> {
    if (core.closing.has(slotId)) throw new MissionError('slot_unknown', `Slot ${slotId} is being closed.`);
    if (!STARTS_BY_HAND.has(snapshotOf(slotId).value)) {
      throw new MissionError(
        'slot_already_running',
        `Slot ${slotId} is already ${core.view(slotId).status}.`,
        {
          remedy: 'Use it as it is, or restart it with mission_restart.',
        },
      );
    }
    core.sendToSlot(slotId, {
      type: 'slot.start',
      by: 'person',
      autoRestart: options.autoRestart ?? false,
      resume: core.runtime(slotId).configuration.resumes === true,
      folder: null,
      ...(options.mcpConfigPath === undefined ? {} : { mcpConfigPath: options.mcpConfigPath }),
    });
    const settled = ({ value }: SlotSnapshot): boolean => value === 'live' || STARTS_BY_HAND.has(value);
    await until(slotId, settled, options.timeoutMs ?? IDLE_WITHIN_MS, 'started');
    const { context, value } = snapshotOf(slotId);
    if (value !== 'live') {
      throw new MissionError('launch_failed', context.failure?.message ?? `Slot ${slotId} did not start.`, {
        remedy: context.failure?.remedy ?? `See \`missiond logs ${slotId}\`.`,
      });
    }
    if (options.waitForIdle === true) {
      await until(
        slotId,
        (snapshot) => readinessOf(snapshot, core.now()) !== 'busy',
        options.timeoutMs ?? IDLE_WITHIN_MS,
        'idle',
      );
    }
    return core.view(slotId);
  }

  async function kill(slotId: SlotId, by: string): Promise<KillResult> {
    const before = snapshotOf(slotId);
    const { epoch, configuration } = core.runtime(slotId);
    const ended = {
      at: core.now(),
      kind: 'kill' as const,
      by,
      slotId,
      role: configuration.role,
      epoch,
      taskId: core.occupied.get(slotId) ?? null,
    };
    // A full disk keeps nobody from ending a session.
    writeLater(() => core.audit.add(ended));
    const answered = epoch !== null && turns.conclude(slotId, epoch);
    const taskId = answered ? undefined : core.occupied.get(slotId);
    const status = taskId === undefined ? undefined : core.tasks.get(taskId)?.status;
    const requeued: TaskId[] = [];
    const failed: TaskId[] = [];
    const typed =
      taskId === undefined || before.context.plan === null
        ? undefined
        : core.tasks.deliveryOf(taskId, before.context.plan.epoch)?.status;
    if (taskId !== undefined && status === 'delivering' && (typed === undefined || !MAY_STAND.has(typed))) {
      // It never reached the session, so another slot may do it.
      requeued.push(taskId);
      core.occupied.delete(slotId);
      core.sendToTask(taskId, { type: 'task.requeue' });
    } else if (taskId !== undefined) {
      failed.push(taskId);
      core.sendToTask(taskId, {
        type: 'task.refuse',
        at: core.now(),
        failure: {
          code: 'session_exited',
          message: `Slot ${slotId} was killed while it worked on this task.`,
          remedy: 'Submit the task again.',
        },
      });
    }
    questions.drop(slotId, 'the slot was killed');
    core.sendToSlot(slotId, { type: 'slot.stop', by: 'person', at: core.now() });
    if (before.value !== 'stopped') {
      await until(slotId, (snapshot) => snapshot.value === 'stopped', STOPPED_WITHIN_MS, 'stopped');
    }
    dispatchSoon();
    return {
      success: true,
      slotId,
      requeuedTasks: requeued,
      failedTasks: failed,
      claimsReleased: releaseClaims(slotId),
    };
  }

  return {
    slots: () => [...core.runtimes.keys()].map((slotId) => core.view(slotId)),
    slot: core.view,
    spawn,
    kill,
    async restart(slotId, by) {
      const { autoRestart } = snapshotOf(slotId).context;
      await kill(slotId, by);
      return spawn(slotId, { autoRestart });
    },
  };
}
