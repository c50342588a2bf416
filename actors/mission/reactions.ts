import type { AnyActorRef } from 'xstate';
import type { SlotId, TaskId } from '../../db/ids.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { createDoubts } from '../doubts.ts';
import type { Guardrails } from '../guardrails.ts';
import type { NoticeWatch } from '../notice-watch.ts';
import type { Progress } from '../progress.ts';
import type { Questions } from '../questions/questions.ts';
import type { Reactions } from '../recorders.ts';
import type { SessionReports } from '../session-reports.ts';
import { hasEndedATurn, heldPlan } from '../slot-view.ts';
import type { Turns } from '../turns.ts';
import { freeSlotOf } from './supervision.ts';

export interface ReactionsDependencies {
  readonly core: MissionCore;
  readonly questions: Pick<Questions, 'drop' | 'see'>;
  readonly turns: Pick<Turns, 'goingOn' | 'restingSeen' | 'workSeen'>;
  readonly reports: Pick<SessionReports, 'sessionMoved'>;
  readonly doubts: ReturnType<typeof createDoubts>;
  readonly progress: Pick<Progress, 'taskLeft'>;
  readonly guardrails: Pick<Guardrails, 'taskLeft'>;
  readonly noticeWatch: Pick<NoticeWatch, 'sessionMoved'>;
  /** A task has left the queue for good. */
  readonly forget: (taskId: TaskId) => void;
  /** Marks an actor as moved although its own snapshot did not change. */
  readonly touch: (actor: AnyActorRef) => void;
  readonly dispatchSoon: () => void;
}

/** What follows when a slot, a session or a task has moved and that is stored. */
export function createReactions({
  core,
  questions,
  turns,
  reports,
  doubts,
  progress,
  guardrails,
  noticeWatch,
  forget,
  touch,
  dispatchSoon,
}: ReactionsDependencies): Reactions {
  /** No slot has the task any more: it has ended, or waits as a row again. Returns the slot that had it. */
  function leave({ id }: TaskRow): SlotId | undefined {
    progress.taskLeft(id);
    guardrails.taskLeft(id);
    const slotId = freeSlotOf(core, id);
    core.root().send({ type: 'task.close', taskId: id });
    // The slot is shown with the task that it has.
    const actor = slotId === undefined ? undefined : core.slotActor(slotId);
    if (actor !== undefined) touch(actor);
    dispatchSoon();
    return slotId;
  }

  return {
    slotMoved(slotId) {
      if (heldPlan(core.slotSnapshot(slotId)) === null) questions.drop(slotId, 'the session ended');
      dispatchSoon();
    },
    sessionMoved(slotId, session) {
      const runtime = core.runtime(slotId);
      if (runtime.epoch === null || runtime.epoch !== session.context.epoch) return;
      // Before the first look nothing is known of the screen.
      if (runtime.reading !== null) questions.see(slotId, runtime.epoch, runtime.reading.dialog);
      reports.sessionMoved(slotId, session);
      noticeWatch.sessionMoved(slotId, session);
      doubts.sessionMoved(slotId, runtime.epoch, session);
      if (session.context.conversation === 'interrupted') turns.goingOn(slotId);
      const { crashes = 0 } = core.slotSnapshot(slotId)?.context ?? {};
      if (crashes > 0 && hasEndedATurn(session)) core.sendToSlot(slotId, { type: 'slot.proven' });
      if (session.hasTag('resting')) turns.restingSeen(slotId, runtime.epoch);
      else turns.workSeen(slotId);
    },
    taskReturned(task) {
      const slotId = leave(task);
      if (slotId !== undefined) core.runtime(slotId).refusedAt = core.now();
    },
    taskEnded(task) {
      forget(task.id);
      leave(task);
    },
  };
}
