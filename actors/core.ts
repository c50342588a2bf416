import type { AnyActorRef } from 'xstate';
import type { SlotId, TaskId } from '../db/ids.ts';
import type { MissionDatabase } from '../db/open.ts';
import { slotActorId, taskActorId } from '../machines/mission.ts';
import type { SessionEvent } from '../machines/session-events.ts';
import type { SlotEvent } from '../machines/slot.ts';
import type { TaskEvent } from '../machines/task-events.ts';
import type { QueueLimits } from '../services/config/queue-limits.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import { type AgentLedger, createAgentLedger } from '../services/ledger/agent-ledger.ts';
import { type AttemptLedger, createAttemptLedger } from '../services/ledger/attempt-ledger.ts';
import { type AuditLedger, createAuditLedger } from '../services/ledger/audit-ledger.ts';
import { type BoardLedger, createBoardLedger } from '../services/ledger/board-ledger.ts';
import { createInbox, type Inbox } from '../services/ledger/inbox.ts';
import { createPermissionLedger, type PermissionLedger } from '../services/ledger/permission-ledger.ts';
import { createQueueLedger, type QueueLedger } from '../services/ledger/queue-ledger.ts';
import { createRepositoryLedger, type RepositoryLedger } from '../services/ledger/repository-ledger.ts';
import { createSlotLedger, type SlotLedger } from '../services/ledger/slot-ledger.ts';
import { createSpendingLedger, type SpendingLedger } from '../services/ledger/spending-ledger.ts';
import { createTaskLedger, type TaskLedger, type TaskRow } from '../services/ledger/task-ledger.ts';
import { createWaitingLedger, type WaitingLedger } from '../services/ledger/waiting-ledger.ts';
import { createWorktreeLedger, type WorktreeLedger } from '../services/ledger/worktree-ledger.ts';
import type { PtyHost } from '../services/pty/pty-host.ts';
import { type Bus, createBus } from './bus.ts';
import { cleanSignal } from './clean-signal.ts';
import { type ClosedSlot, createJustClosed } from './just-closed.ts';
import type { SlotView } from './mission/views.ts';
import type { Notices } from './notices.ts';
import { newRuntime, type SlotConfiguration, type SlotRuntime } from './slot-runtime.ts';
import type { SlotSnapshot } from './slot-view.ts';
import { taskInput } from './task-input.ts';

/** Where the daemon writes what it does. Structurally pino. */
export interface MissionLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** What every part of the running mission shares: the ledgers, the bus, the slots, and ways to reach actors. */
export interface MissionCore {
  readonly now: () => number;
  readonly logger: MissionLogger;
  readonly tasks: TaskLedger;
  readonly attempts: AttemptLedger;
  readonly waiting: WaitingLedger;
  readonly queue: QueueLedger;
  readonly limits: QueueLimits;
  readonly slots: SlotLedger;
  readonly worktrees: WorktreeLedger;
  readonly repositories: RepositoryLedger;
  readonly agents: AgentLedger;
  readonly spending: SpendingLedger;
  readonly inbox: Inbox;
  readonly board: BoardLedger;
  readonly permissions: PermissionLedger;
  readonly audit: AuditLedger;
  readonly notices: Notices;
  readonly bus: Bus;
  readonly runtimes: ReadonlyMap<SlotId, SlotRuntime>;
  /** Adds a slot that is made while the mission runs; its actor is opened by whoever adds it. */
  addRuntime(configuration: SlotConfiguration): void;
  /** Its actor is stopped first. */
  removeRuntime(slotId: SlotId): void;
  /** Slots that are being closed: they take nothing more. */
  readonly closing: Set<SlotId>;
  /** What is known of a slot that may have been closed a moment ago: what it spent is counted behind its end. */
  evenClosed(slotId: SlotId): ClosedSlot | undefined;
  /** Which task a slot was given: ahead of the rows, so that one slot never gets two. */
  readonly occupied: Map<SlotId, TaskId>;
  host(): PtyHost;
  setHost(host: PtyHost): void;
  setRoot(root: AnyActorRef): void;
  root(): AnyActorRef;
  /** @throws MissionError `slot_unknown` */
  runtime(slotId: SlotId): SlotRuntime;
  slotActor(slotId: SlotId): AnyActorRef | undefined;
  taskActor(taskId: TaskId): AnyActorRef | undefined;
  slotSnapshot(slotId: SlotId): SlotSnapshot | undefined;
  sendToSlot(slotId: SlotId, event: SlotEvent): void;
  /** Wakes the task's actor when it sleeps. */
  sendToTask(taskId: TaskId, event: TaskEvent): void;
  /** Hands a signal to the session of a slot. */
  signal(slotId: SlotId, signal: SessionEvent): void;
  view: (slotId: SlotId) => SlotView;
  setView(view: (slotId: SlotId) => SlotView): void;
}

/** True while nothing but a row is there of a task that has not ended: no slot has it. */
function isRowOnly({ status, slotId }: TaskRow): boolean {
  return status === 'queued' || (status === 'waiting' && slotId === null);
}

const whatIsCountedOf = ({ configuration: { role }, transcriptPath }: SlotRuntime): ClosedSlot => ({
  role,
  transcriptPath,
});

function notYet(what: string): never {
  throw new MissionError('internal', `${what} was asked for before the mission had started.`);
}

export function createCore(options: {
  readonly db: MissionDatabase;
  readonly logger: MissionLogger;
  readonly now: () => number;
  readonly slots: readonly SlotConfiguration[];
  readonly limits: QueueLimits;
  readonly notices: Notices;
}): MissionCore {
  const { db, logger, now } = options;
  const tasks = createTaskLedger(db);
  const audit = createAuditLedger(db);
  const runtimes = new Map(options.slots.map((slot) => [slot.id, newRuntime(slot)]));
  const justClosed = createJustClosed(now);
  let host: PtyHost | undefined;
  let root: AnyActorRef | undefined;
  let view: ((slotId: SlotId) => SlotView) | undefined;

  const core: MissionCore = {
    now,
    logger,
    tasks,
    attempts: createAttemptLedger(db),
    waiting: createWaitingLedger(db),
    queue: createQueueLedger(db),
    limits: options.limits,
    slots: createSlotLedger(db),
    worktrees: createWorktreeLedger(db),
    repositories: createRepositoryLedger(db),
    agents: createAgentLedger(db),
    spending: createSpendingLedger(db),
    inbox: createInbox(db),
    board: createBoardLedger(db),
    permissions: createPermissionLedger(db, audit, (slotId) => core.evenClosed(slotId)?.role ?? null),
    audit,
    notices: options.notices,
    bus: createBus(now(), (error) => logger.error({ error: String(error) }, 'a listener of the bus threw')),
    runtimes,
    addRuntime(configuration) {
      justClosed.delete(configuration.id);
      runtimes.set(configuration.id, newRuntime(configuration));
    },
    removeRuntime(slotId) {
      const runtime = runtimes.get(slotId);
      if (runtime === undefined) return;
      runtimes.delete(slotId);
      justClosed.add(slotId, whatIsCountedOf(runtime));
    },
    closing: new Set(),
    evenClosed(slotId) {
      const runtime = runtimes.get(slotId);
      return runtime === undefined ? justClosed.get(slotId) : whatIsCountedOf(runtime);
    },
    occupied: new Map(),
    host: () => host ?? notYet('The pty host'),
    setHost(next) {
      host = next;
    },
    setRoot(next) {
      root = next;
    },
    root: () => root ?? notYet('The root actor'),
    runtime(slotId) {
      const runtime = runtimes.get(slotId);
      if (runtime === undefined) {
        throw new MissionError('slot_unknown', `There is no slot "${slotId}".`, {
          remedy: `Use one of: ${[...runtimes.keys()].join(', ') || 'none is configured; add one to slots.yaml'}.`,
        });
      }
      return runtime;
    },
    slotActor: (slotId) => core.root().system.get(slotActorId(slotId)),
    taskActor: (taskId) => core.root().system.get(taskActorId(taskId)),
    slotSnapshot: (slotId) => core.slotActor(slotId)?.getSnapshot(),
    sendToSlot(slotId, event) {
      core.slotActor(slotId)?.send(event);
    },
    sendToTask(taskId, event) {
      if (core.taskActor(taskId) === undefined) {
        const row = tasks.get(taskId);
        // A task that has ended does not move any more, and one that a slot has is moved by its actor.
        if (row === undefined || !isRowOnly(row)) return;
        core.root().send({ type: 'task.open', task: taskInput(row) });
      }
      core.taskActor(taskId)?.send(event);
    },
    signal(slotId, signal) {
      core.sendToSlot(slotId, { type: 'signal', signal: cleanSignal(signal) });
    },
    view: (slotId) => (view ?? notYet('A view'))(slotId),
    setView(next) {
      view = next;
    },
  };
  return core;
}
