import type { Role, SlotId, TaskId } from '../db/ids.ts';
import type { Failure } from '../services/errors/mission-error.ts';
import type { QueuedTask, QueueWindow } from '../services/ledger/queue-ledger.ts';
import { fairOrder, inTurn } from './fair-order.ts';

/**
 * How often the dispatcher starts a slot for the same task before it gives the task up:
 * a session that ends by itself right after its start would otherwise be started for ever.
 */
const MOST_STARTS_FOR_A_TASK = 3;

/**
 * `ready`: idle, empty prompt box, nobody typing, no task. `startable`: no program runs. `quarantined`: it failed too
 * often and is left alone. `busy`: anything else.
 */
export type Readiness = 'ready' | 'startable' | 'quarantined' | 'busy';

/** What the dispatcher needs to know of a slot, and nothing else. */
export interface DispatchSlot {
  readonly slotId: SlotId;
  readonly role: Role;
  /** A person sits there: only what names it goes there. */
  readonly isWorkspace: boolean;
  readonly traits: readonly string[];
  /** Its own folder. */
  readonly cwd: string;
  /** The task that it is being brought to another folder for; nobody else takes it. */
  readonly heldFor: TaskId | null;
  readonly readiness: Readiness;
  /** When a person ended it, epoch milliseconds: what was queued before does not start it again. Null when nobody did. */
  readonly killedAt: number | null;
  /** Epoch milliseconds of the last work; the least recently used slot is taken first. */
  readonly lastUsedAt: number;
  readonly failure: Failure | null;
}

export interface DispatcherDependencies {
  /** Epoch milliseconds. */
  now(): number;
  /**
   * What a slot may take, or be started for: of the first `most` submitters in turn the first `most` tasks, when there
   * are so many.
   */
  queuedFor(slot: DispatchSlot, most: number, inTurn: QueueWindow['inTurn']): readonly QueuedTask[];
  slots(): readonly DispatchSlot[];
  assign(task: QueuedTask, slotId: SlotId): void;
  /** Starts a slot for a task, or brings one that is ready to where the task is done. It is given the task when it is there. */
  bring(task: QueuedTask, slotId: SlotId): void;
  /** Whether the session of the slot stands where the task is done. */
  isThere(task: QueuedTask, slotId: SlotId): boolean;
  /** The own folder of the slots that may do the task; null for any. */
  boundTo(task: QueuedTask): string | null;
  refuse(task: QueuedTask, failure: Failure): void;
}

export interface Dispatcher {
  /** Gives queued tasks to ready slots, in fair order, and starts slots that tasks wait for. */
  dispatch(): void;
  /** Forgets what it knew of a task that left the queue. */
  forget(taskId: TaskId): void;
}

function fits(task: QueuedTask, slot: DispatchSlot): boolean {
  const isMeant =
    task.pinnedSlotId === null
      ? slot.role === task.role && !slot.isWorkspace
      : slot.slotId === task.pinnedSlotId;
  return isMeant && (task.requires ?? []).every((trait) => slot.traits.includes(trait));
}

function mayStart(slot: DispatchSlot, task: QueuedTask): boolean {
  return slot.readiness === 'startable' && (slot.killedAt === null || task.createdAt >= slot.killedAt);
}

export function createDispatcher(dependencies: DispatcherDependencies): Dispatcher {
  const starts = new Map<TaskId, number>();
  /** At which turn each submitter was served last. */
  const servedAt = new Map<string, number>();
  let turn = 0;

  function place(task: QueuedTask, slots: readonly DispatchSlot[], taken: Set<SlotId>): void {
    const holder = slots.find(({ heldFor }) => heldFor === task.id);
    const bound = dependencies.boundTo(task);
    const isFree = (slot: DispatchSlot): boolean =>
      holder === undefined ? slot.heldFor === null : slot === holder;
    const candidates = slots
      .filter((slot) => fits(task, slot) && isFree(slot) && (bound === null || slot.cwd === bound))
      .sort((a, b) => a.lastUsedAt - b.lastUsedAt || a.slotId.localeCompare(b.slotId));
    const idle = candidates.filter((slot) => slot.readiness === 'ready' && !taken.has(slot.slotId));
    // A session that has worked on it knows what was done.
    const isThere = ({ slotId }: DispatchSlot): boolean => dependencies.isThere(task, slotId);
    const ready = idle.find(({ slotId }) => slotId === task.lastSlotId) ?? idle.find(isThere) ?? idle[0];
    if (ready !== undefined) {
      taken.add(ready.slotId);
      if (!isThere(ready)) return dependencies.bring(task, ready.slotId);
      turn += 1;
      servedAt.set(task.submitter, turn);
      dependencies.assign(task, ready.slotId);
      return;
    }
    // A started slot may soon be ready, so a second task does not start it again.
    const startable = candidates.find((slot) => mayStart(slot, task) && !taken.has(slot.slotId));
    if (startable === undefined) return;
    const tried = starts.get(task.id) ?? 0;
    if (tried < MOST_STARTS_FOR_A_TASK) {
      starts.set(task.id, tried + 1);
      taken.add(startable.slotId);
      dependencies.bring(task, startable.slotId);
      return;
    }
    const someoneElseWorks = candidates.some((slot) => slot.readiness === 'busy');
    if (someoneElseWorks) return;
    dependencies.refuse(task, {
      code: startable.failure?.code ?? 'launch_failed',
      message: `No slot could start for this task. ${startable.failure?.message ?? `Slot ${startable.slotId} ended ${tried} times.`}`,
      remedy:
        startable.failure?.remedy ??
        `See \`missiond logs ${startable.slotId}\`, mend the cause, and submit the task again.`,
    });
  }

  /**
   * The part of the queue that can matter now, in fair order. Every task takes one slot at most, so of those that fit a
   * slot as many as there are slots suffice; tasks that no slot could be started for may stand before them.
   */
  function candidatesFor(slots: readonly DispatchSlot[]): readonly QueuedTask[] {
    const most = slots.length + starts.size;
    // What only slots in quarantine could do waits: a quarantine ends by itself.
    const open = slots.filter(({ readiness }) => readiness === 'ready' || readiness === 'startable');
    const now = dependencies.now();
    const queued = open.flatMap((slot) =>
      dependencies.queuedFor(slot, most, (heads) => inTurn(heads, servedAt, now)),
    );
    const unique = new Map(queued.map((task) => [task.id, task]));
    return fairOrder([...unique.values()], servedAt, now);
  }

  return {
    dispatch() {
      const slots = dependencies.slots();
      const taken = new Set<SlotId>();
      for (const task of candidatesFor(slots)) place(task, slots, taken);
    },
    forget(taskId) {
      starts.delete(taskId);
    },
  };
}
