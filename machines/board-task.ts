import type { BoardStatus, RunOutcome } from '../db/schema/board.ts';
import type { tasks } from '../db/schema/tasks.ts';

/** What a board task may become next, by hand. Finished work begins anew as `open`, so that nobody works on it unseen. */
const NEXT: Readonly<Record<BoardStatus, readonly BoardStatus[]>> = {
  open: ['running', 'blocked', 'done', 'failed', 'skipped'],
  running: ['open', 'verifying', 'blocked', 'done', 'failed', 'skipped'],
  verifying: ['open', 'running', 'blocked', 'done', 'failed', 'skipped'],
  blocked: ['open', 'running', 'done', 'failed', 'skipped'],
  failed: ['open', 'done', 'skipped'],
  skipped: ['open', 'done'],
  done: ['open'],
};

export const nextStatuses = (from: BoardStatus): readonly BoardStatus[] => NEXT[from];

/** Statuses in which somebody works on it. */
export const isWorkedOn = (status: BoardStatus): boolean => status === 'running' || status === 'verifying';

/** Nothing more is expected of it: what waits for it may go on. */
export const isSettled = (status: BoardStatus): boolean => status === 'done' || status === 'skipped';

/** Nobody is expected to go on with it by themselves. */
export const hasEnded = (status: BoardStatus): boolean => isSettled(status) || status === 'failed';

/** Where a board task stands whose run is this task; with an outcome when that run is over. */
export interface RunStanding {
  readonly status: BoardStatus;
  readonly outcome: RunOutcome | null;
}

/** A failure that only words of a person can mend: the agent said that it is blocked. */
const NEEDS_WORDS = 'blocked';

type RunningTask = Pick<typeof tasks.$inferSelect, 'status' | 'waitingFor' | 'errorCode'>;

/** A board task follows its run. One that was cancelled is not begun again by itself: somebody did not want it. */
export function standingOfRun({ status, waitingFor, errorCode }: RunningTask): RunStanding {
  switch (status) {
    case 'done':
      return { status: 'done', outcome: 'done' };
    case 'failed':
      return errorCode === NEEDS_WORDS
        ? { status: 'blocked', outcome: 'blocked' }
        : { status: 'failed', outcome: 'failed' };
    case 'cancelled':
      return { status: 'blocked', outcome: 'cancelled' };
    case 'waiting':
      return { status: waitingFor === 'person' ? 'blocked' : 'running', outcome: null };
    default:
      return { status: waitingFor === 'check' ? 'verifying' : 'running', outcome: null };
  }
}
