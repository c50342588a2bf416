import type { BoardTaskId, TaskId } from '../../db/ids.ts';
import type { RunRequest } from '../../db/schema/board.ts';
import { localDay } from '../../services/calendar/local-day.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { BoardTaskRow } from '../../services/ledger/board-ledger.ts';
import type { BoardRunRow } from '../../services/ledger/board-run-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { SubmitRequest } from '../mission/api.ts';
import { assignedTo, slotsOf } from './assignee.ts';
import { createRunFollower, type RunFollowerDependencies, UNCLAIMED } from './follow-run.ts';
import { AUTOPILOT, runPrompt } from './run-prompt.ts';

/** An assignee that fails so often in a row gets nothing more for a while: what ails it will ail the next one, too. */
const FAILURES_IN_A_ROW = 3;
const THROTTLED_MS = 30 * 60_000;
/** A lost session or a bad gateway is no reason to wake a person. */
const USUAL_RETRIES = 1;
/** The queue's priority of a board task: what people submit themselves stands between high and low. */
const PRIORITY = { high: 10, medium: 0, low: -10 } as const;

export interface AutopilotDependencies extends RunFollowerDependencies {
  readonly core: MissionCore;
  readonly enqueue: (kind: TaskRow['kind'], request: SubmitRequest) => TaskId;
  /** False while the daemon finishes what it has. */
  readonly mayBegin: () => boolean;
  readonly report: (error: unknown) => void;
}

/**
 * Hands board tasks with an assignee and `autoExecute` to the queue, and lets each follow its task there. Everything
 * that counts stands in rows: a daemon that follows one that was killed goes on where that one stood, and one run of a
 * board task is one task of the queue.
 */
export function createAutopilot(dependencies: AutopilotDependencies) {
  const { core, writer, enqueue, mayBegin, report } = dependencies;
  const { board } = core;
  const follower = createRunFollower(dependencies);
  /** Whose run a task of the queue is, as long as the run goes on. */
  const runs = new Map<TaskId, BoardTaskId>();

  /** Until when an assignee gets nothing, epoch milliseconds; null when it may. */
  function throttledUntil(assignee: string): number | null {
    const last = board.lastRuns(assignee, FAILURES_IN_A_ROW);
    const endedAt = last[0]?.endedAt ?? null;
    if (endedAt === null || last.length < FAILURES_IN_A_ROW) return null;
    if (last.some(({ outcome }) => outcome !== 'failed')) return null;
    // The clock may have been set back since.
    return Math.abs(core.now() - endedAt) < THROTTLED_MS ? endedAt + THROTTLED_MS : null;
  }

  function requestOf(row: BoardTaskRow, assignee: string): RunRequest {
    const { slotId, role } = assignedTo(core, assignee) ?? {};
    return {
      retries: USUAL_RETRIES,
      ...row.options,
      slotId,
      role,
      prompt: runPrompt(board, row),
      priority: PRIORITY[row.priority],
      labels: [`board:${row.id}`],
    };
  }

  function follow(run: BoardRunRow): void {
    if (follower.follow(run) && run.taskId !== null) runs.delete(run.taskId);
  }

  /** There is no room in the queue: as if it had not been begun. */
  function giveBack(run: BoardRunRow): void {
    const before = board.get(run.boardTaskId);
    board.atOnce(() => {
      board.dropRun(run);
      board.update(run.boardTaskId, { ...UNCLAIMED, status: 'open', runs: run.number - 1 });
    });
    if (before !== undefined) writer.changed(before);
  }

  /** Puts a run that was claimed into the queue. Done again after a crash it is the same task. */
  function handIn(run: BoardRunRow): void {
    try {
      const taskId = enqueue('task', {
        ...run.request,
        submitter: AUTOPILOT,
        idempotencyKey: `${run.boardTaskId}:${run.number}`,
      });
      board.atOnce(() => {
        board.updateRun(run, { taskId });
        board.update(run.boardTaskId, { taskId });
      });
      runs.set(taskId, run.boardTaskId);
      const before = board.get(run.boardTaskId);
      if (before !== undefined) writer.changed(before);
      follow({ ...run, taskId });
    } catch (error) {
      if (!(error instanceof MissionError)) throw error;
      if (error.code === 'queue_full') giveBack(run);
      else follower.fail(run, error);
    }
  }

  function begin(before: BoardTaskRow, assignee: string): void {
    const now = core.now();
    const run: BoardRunRow = {
      boardTaskId: before.id,
      number: before.runs + 1,
      assignee,
      request: requestOf(before, assignee),
      taskId: null,
      startedAt: now,
      endedAt: null,
      outcome: null,
    };
    board.atOnce(() => {
      board.beginRun(run);
      board.update(before.id, {
        status: 'running',
        claimExecutorId: AUTOPILOT,
        claimExecutorType: 'autopilot',
        claimedAt: now,
        blockedOn: null,
        runs: run.number,
        updatedAt: now,
        finishedAt: null,
      });
    });
    writer.changed(before);
    handIn(run);
  }

  /** What fails for one board task does not keep the others from going on. */
  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      report(error);
    }
  }

  /** What would be refused as `queue_full` is not begun. */
  function queueHasRoom(assignee: string): boolean {
    const { maxQueued, roles } = core.limits;
    const role = assignedTo(core, assignee)?.role;
    const ofRole = role === undefined ? undefined : roles[role]?.maxQueued;
    return core.queue.size() < maxQueued && (ofRole === undefined || core.queue.size(role) < ofRole);
  }

  /** Gives each assignee that may have something as much as its slots can do at once. */
  function look(): void {
    if (!mayBegin()) return;
    const today = localDay(core.now());
    const goingOn = board.activeRuns();
    for (const assignee of board.assigneesDue(today)) {
      const room = slotsOf(core, assignee) - goingOn.filter((run) => run.assignee === assignee).length;
      if (room <= 0 || throttledUntil(assignee) !== null || !queueHasRoom(assignee)) continue;
      for (const row of board.due(assignee, today, room)) guarded(() => begin(row, assignee));
    }
  }

  /** Follows what goes on (a full disk may have kept something from being written), then begins what may begin. */
  function sweep(): void {
    for (const run of board.activeRuns()) guarded(() => (run.taskId === null ? handIn(run) : follow(run)));
    guarded(look);
  }

  let scheduled: NodeJS.Immediate | undefined;
  let closed = false;
  function lookSoon(): void {
    if (closed) return;
    scheduled ??= setImmediate(() => {
      scheduled = undefined;
      guarded(look);
    });
  }

  function heard(taskId: TaskId | undefined): void {
    const boardTaskId = taskId === undefined ? undefined : runs.get(taskId);
    const run = boardTaskId === undefined ? undefined : board.activeRun(boardTaskId);
    if (run === undefined) return;
    guarded(() => follow(run));
    lookSoon();
  }

  return {
    sweep,
    lookSoon,
    throttledUntil,

    /** Goes on with what an earlier daemon had begun. Returns the way to stop. */
    start(): () => void {
      for (const { taskId, boardTaskId } of board.activeRuns())
        if (taskId !== null) runs.set(taskId, boardTaskId);
      for (const taskId of board.unstopped())
        core.sendToTask(taskId, { type: 'task.cancel', at: core.now() });
      const leave = core.bus.subscribe((event) => {
        if (event.type === 'task_changed') heard(event.task.id);
        if (event.type === 'question_asked' || event.type === 'question_closed') heard(event.question.taskId);
      });
      sweep();
      return () => {
        closed = true;
        clearImmediate(scheduled);
        leave();
      };
    },

    /**
     * Somebody has decided otherwise: the run does not count any more. To be called within the write of what counts instead.
     * @returns the task that has to be cancelled, if there is one
     */
    letGo(id: BoardTaskId): TaskId | null {
      const run = board.activeRun(id);
      if (run === undefined) return null;
      board.updateRun(run, { endedAt: core.now(), outcome: 'cancelled' });
      if (run.taskId !== null) runs.delete(run.taskId);
      return run.taskId;
    },
  };
}

export type Autopilot = ReturnType<typeof createAutopilot>;
