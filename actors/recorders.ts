import type { AnyActorRef, SnapshotFrom } from 'xstate';
import { ClaudeSessionId, type SlotId, TaskId } from '../db/ids.ts';
import type { AttemptOutcome } from '../db/schema/tasks.ts';
import type { MachineFailure } from '../machines/failure.ts';
import type { handOverMachine } from '../machines/hand-over.ts';
import type { sessionMachine } from '../machines/session.ts';
import type { Evidence } from '../machines/session-events.ts';
import { nearestState } from '../machines/session-view.ts';
import type { stuckMachine } from '../machines/stuck.ts';
import type { taskMachine } from '../machines/task.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';
import type { MissionCore } from './core.ts';
import { persisted, type Recorder, SNAPSHOT_VERSION } from './journal.ts';
import { MEMORY_SUBMITTER } from './memory/slot-worker.ts';
import { taskView } from './mission/task-view.ts';
import { IN_EVENT } from './mission/text-page.ts';
import type { SessionState, SlotView, TaskStatus } from './mission/views.ts';
import type { SlotSnapshot } from './slot-view.ts';

type TaskSnapshot = SnapshotFrom<typeof taskMachine>;
type SessionSnapshot = SnapshotFrom<typeof sessionMachine>;

/** What other parts do when something has moved and is stored; of a task, before anybody is told of it. */
export interface Reactions {
  slotMoved(slotId: SlotId): void;
  sessionMoved(slotId: SlotId, session: SessionSnapshot): void;
  taskEnded(task: TaskRow): void;
  /** A task that had been given to a slot is back in the queue. */
  taskReturned(task: TaskRow): void;
}

/** States that are no status to people: the task runs until its session has let go, is back, or a check has agreed. */
function statusOf({ value, context }: TaskSnapshot): TaskStatus {
  if (value === 'queued' && context.pauseMs !== null && context.pauseMs > 0) return 'waiting';
  if (value === 'queued' && context.left?.forAnswer === true) return 'waiting';
  // `failing` is left in the transition that enters it.
  return value === 'ending' || value === 'recovering' || value === 'verifying' || value === 'failing'
    ? 'running'
    : value;
}

function waitingForOf(snapshot: TaskSnapshot): TaskRow['waitingFor'] {
  if (snapshot.value === 'verifying') return 'check';
  if (snapshot.value === 'recovering') return 'session';
  if (statusOf(snapshot) !== 'waiting') return null;
  return snapshot.value === 'waiting' || snapshot.context.left?.forAnswer === true ? 'person' : 'time';
}

/** What went wrong with a task that has ended. One that was cancelled may have left its session at work. */
function errorOf(status: TaskStatus, failure: MachineFailure | null): Pick<TaskRow, 'error' | 'errorCode'> {
  if ((status !== 'failed' && status !== 'cancelled') || failure === null)
    return { error: null, errorCode: null };
  return {
    errorCode: failure.code,
    error: [failure.message, failure.remedy].filter(Boolean).join(' '),
  };
}

function isFinal(status: TaskStatus): boolean {
  return status === 'done' || status === 'failed' || status === 'cancelled';
}

/** How the last attempt ended, when the task has ended. */
function outcomeOf({ status, errorCode }: TaskRow): AttemptOutcome | null {
  if (status === 'failed' && errorCode === 'session_exited') return 'lost';
  if (status === 'failed' && errorCode === 'turn_interrupted') return 'interrupted';
  return status === 'done' || status === 'failed' || status === 'cancelled' ? status : null;
}

/** The row and the event of tasks, and the rows of their attempts. */
export function taskRecorder(core: MissionCore, reactions: Reactions): Recorder {
  const published = new Map<
    string,
    { readonly status: TaskStatus; readonly text: string; readonly hadSlot: boolean }
  >();

  function change(snapshot: TaskSnapshot): Partial<TaskRow> {
    const { context } = snapshot;
    const status = statusOf(snapshot);
    const isPaused = snapshot.value === 'queued' && (context.pauseMs ?? 0) > 0;
    return {
      status,
      waitingFor: waitingForOf(snapshot),
      ...(isPaused ? { notBefore: core.now() + (context.pauseMs ?? 0) } : {}),
      retried: context.retried,
      // Nobody else has the conversation, or is told what was handed over.
      ...(context.left === null ? {} : { pinnedSlotId: context.left.slotId }),
      ...(context.assignment === null ? {} : { lastSlotId: context.assignment.slotId }),
      slotId: context.assignment?.slotId ?? null,
      epoch: context.assignment?.epoch ?? null,
      sessionId: context.assignment?.sessionId ?? null,
      result: context.result,
      ...errorOf(status, context.failure),
      startedAt: context.startedAt,
      finishedAt: isFinal(status) ? (context.finishedAt ?? core.now()) : null,
    };
  }

  function writeAttempts({ context }: TaskSnapshot, row: TaskRow): void {
    const { taskId, attempt, ended } = context;
    const endedAt = row.finishedAt ?? core.now();
    const end = (number: number, outcome: AttemptOutcome, failure: MachineFailure | null): void =>
      core.attempts.end(taskId, number, {
        endedAt,
        outcome,
        errorCode: failure?.code ?? null,
        error: failure?.message ?? null,
      });
    for (const { number, outcome, failure } of ended) end(number, outcome, failure);
    if (row.slotId === null) core.attempts.dropOpen(taskId);
    const outcome = outcomeOf(row);
    if (outcome !== null) end(attempt, outcome, row.errorCode === null ? null : context.failure);
  }

  return {
    idPrefix: 'task:',
    write(actorRef) {
      const snapshot: TaskSnapshot = actorRef.getSnapshot();
      // One that waits as a row again was let go of after that row was written.
      if (snapshot.status === 'stopped') return;
      const { taskId } = snapshot.context;
      const before = core.tasks.get(taskId);
      // A final state is written once; nothing moves it afterwards.
      if (before === undefined || isFinal(before.status)) return;
      const next = change(snapshot);
      core.tasks.update(taskId, {
        ...next,
        snapshot: persisted(actorRef),
        snapshotVersion: SNAPSHOT_VERSION,
      });
      writeAttempts(snapshot, { ...before, ...next });
      if (
        before.kind === 'message' ||
        before.kind === 'check' ||
        before.submitter === MEMORY_SUBMITTER ||
        (next.status !== 'done' && next.status !== 'failed')
      )
        return;
      core.inbox.add({
        taskId,
        fromRole: before.role,
        content: next.status === 'done' ? (next.result ?? '') : `failed: ${next.error ?? ''}`,
        createdAt: next.finishedAt ?? core.now(),
      });
      core.notices.taskEnded({ ...before, ...next });
    },
    publish(actorRef) {
      const taskId = TaskId.parse(actorRef.id.slice('task:'.length));
      const row = core.tasks.get(taskId);
      if (row === undefined) return;
      const task = taskView(row, IN_EVENT);
      const text = JSON.stringify(task);
      const before = published.get(taskId);
      if (before?.text === text) return;
      published.set(taskId, { status: row.status, text, hadSlot: row.slotId !== null });
      // First, so that whoever hears of it finds the slot free.
      const given = [...core.occupied.values()].includes(taskId);
      if (row.slotId === null && (given || before?.hadSlot === true)) reactions.taskReturned(row);
      if (isFinal(row.status)) {
        published.delete(taskId);
        reactions.taskEnded(row);
      }
      core.bus.publish({
        type: 'task_changed',
        at: core.now(),
        task,
        ...(before === undefined ? {} : { previousStatus: before.status }),
      });
    },
  };
}

/** The row and the event of slots, and the transitions of their sessions. */
export function slotRecorders(core: MissionCore, reactions: Reactions): readonly Recorder[] {
  const published = new Map<SlotId, { readonly state: SessionState; readonly text: string }>();
  const lastEvidence = new Map<SlotId, Pick<Evidence, 'at' | 'from' | 'to'>>();
  /** The conversation that each slot was last seen in, with its run. */
  const conversations = new Map<SlotId, string>();

  function slotOf(actorRef: AnyActorRef): AnyActorRef | undefined {
    const session: SessionSnapshot = actorRef.getSnapshot();
    for (const runtime of core.runtimes.values()) {
      if (runtime.epoch === session.context.epoch) return core.slotActor(runtime.configuration.id);
    }
    return undefined;
  }

  /** The row of a slot holds what it has invoked, too. */
  function slotAround(actorRef: AnyActorRef): AnyActorRef | undefined {
    const child: SnapshotFrom<typeof stuckMachine | typeof handOverMachine> = actorRef.getSnapshot();
    return core.slotActor(child.context.slotId);
  }

  /** A statechart that has failed is written by whoever cleans up behind it. */
  function isAlive(actorRef: AnyActorRef): boolean {
    const { context }: SlotSnapshot = actorRef.getSnapshot();
    return core.slotActor(context.slotId) === actorRef;
  }

  function writeSlot(actorRef: AnyActorRef): void {
    if (!isAlive(actorRef)) return;
    const { context, value }: SlotSnapshot = actorRef.getSnapshot();
    core.slots.save({
      id: context.slotId,
      role: context.role,
      status: value,
      desired: context.killedAt === null ? 'running' : 'stopped',
      epoch: context.plan?.epoch ?? null,
      sessionId: context.plan?.sessionId ?? null,
      pid: context.pid,
      snapshot: persisted(actorRef),
      snapshotVersion: SNAPSHOT_VERSION,
      updatedAt: core.now(),
    });
  }

  /** The last activity and the ages of signals move with every byte and are not worth an event of their own. */
  function comparable({ why, ...view }: SlotView): string {
    return JSON.stringify({ ...view, lastActivityAt: 0, rule: why?.rule, uncertain: why?.uncertain });
  }

  function publishSlot(actorRef: AnyActorRef): void {
    if (!isAlive(actorRef)) return;
    const { context }: SlotSnapshot = actorRef.getSnapshot();
    const slot = core.view(context.slotId);
    const text = comparable(slot);
    const before = published.get(context.slotId);
    if (before?.text === text) return;
    published.set(context.slotId, { state: slot.state, text });
    core.bus.publish({
      type: 'slot_changed',
      at: core.now(),
      slot,
      ...(before === undefined ? {} : { previousState: before.state }),
    });
    reactions.slotMoved(context.slotId);
  }

  function writeTransitions(slotId: SlotId, session: SessionSnapshot): void {
    const { evidence, epoch } = session.context;
    // What a restored session remembers, the last daemon has written.
    const last = lastEvidence.get(slotId) ?? core.slots.transitions(slotId, 1)[0];
    const known =
      last === undefined
        ? -1
        : evidence.findLastIndex(
            (entry) => entry.at === last.at && entry.from === last.from && entry.to === last.to,
          );
    for (const entry of evidence.slice(known + 1)) {
      core.slots.addTransition({
        epoch: core.runtimes.get(slotId)?.epoch ?? null,
        slotId,
        at: entry.at,
        region: 'conversation',
        from: entry.from,
        to: entry.to,
        evidence: [entry.rule, ...entry.screen],
      });
      core.logger.info(
        { slotId, epoch, from: nearestState(entry.from), to: nearestState(entry.to), rule: entry.rule },
        'session moved',
      );
    }
    const latest = evidence.at(-1);
    if (latest !== undefined) lastEvidence.set(slotId, latest);
  }

  /** `/clear` and `/resume` go on under another id, which is the one to resume should this run end. */
  function writeConversation(slotId: SlotId, { context }: SessionSnapshot): void {
    const { epoch } = core.runtime(slotId);
    const sessionId = ClaudeSessionId.safeParse(context.sessionId).data;
    if (epoch === null || sessionId === undefined) return;
    const conversation = `${epoch} ${sessionId}`;
    if (conversations.get(slotId) === conversation) return;
    core.slots.updateSession(epoch, { sessionId });
    conversations.set(slotId, conversation);
  }

  return [
    { idPrefix: 'slot:', write: writeSlot, publish: publishSlot },
    ...['stuck', 'handOver'].map((idPrefix) => ({
      idPrefix,
      write(actorRef: AnyActorRef) {
        const slot = slotAround(actorRef);
        if (slot !== undefined) writeSlot(slot);
      },
      publish(actorRef: AnyActorRef) {
        const slot = slotAround(actorRef);
        if (slot !== undefined) publishSlot(slot);
      },
    })),
    {
      idPrefix: 'session',
      write(actorRef) {
        const slot = slotOf(actorRef);
        if (slot === undefined) return;
        const snapshot: SlotSnapshot = slot.getSnapshot();
        writeTransitions(snapshot.context.slotId, actorRef.getSnapshot());
        writeConversation(snapshot.context.slotId, actorRef.getSnapshot());
        writeSlot(slot);
      },
      publish(actorRef) {
        const slot = slotOf(actorRef);
        if (slot === undefined) return;
        const snapshot: SlotSnapshot = slot.getSnapshot();
        reactions.sessionMoved(snapshot.context.slotId, actorRef.getSnapshot());
        publishSlot(slot);
      },
    },
  ];
}
