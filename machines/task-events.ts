import type { ClaudeSessionId, Epoch, SlotId, TaskId } from '../db/ids.ts';
import type { MachineFailure } from './failure.ts';

/** The run of a session that a task was given to. */
export interface Assignment {
  readonly slotId: SlotId;
  readonly epoch: Epoch;
  readonly sessionId: ClaudeSessionId;
}

/** An attempt that ended although its task went on. */
export interface EndedAttempt {
  readonly number: number;
  readonly outcome: 'lost' | 'failed' | 'continued';
  readonly failure: MachineFailure | null;
}

/** What can be done for a task whose session ended before the task did. */
export type Recovery =
  /** The session was resumed, and the task is delivered to it again. */
  | { readonly kind: 'resumed'; readonly assignment: Assignment; readonly attempt: number }
  /** The slot does not come back: another one of the role may do it. */
  | { readonly kind: 'elsewhere' }
  /** The session had not ended: only the connection to it was lost. Its delivery is looked at again. */
  | { readonly kind: 'goesOn' }
  /** Its words had never reached the session. */
  | { readonly kind: 'unbegun' };

/** Why a turn has ended and its task goes on: its agent has asked something, or leaves the rest to a fresh session. */
export type TurnLeft = 'asked' | 'handed_over';

/** What a check said of a result. */
export interface CheckVerdict {
  readonly agreed: boolean;
  readonly words: string;
}

export interface TaskInput {
  readonly taskId: TaskId;
  /** Epoch milliseconds. */
  readonly deadlineAt: number | null;
  /** How often it is tried again after a failure, and how often it was. */
  readonly retries: number;
  readonly retried: number;
  /** The first pause before that, in milliseconds. */
  readonly retryBackoffMs: number;
  /** Its result is checked before it counts as done. */
  readonly isVerified: boolean;
}

export interface TaskContext extends TaskInput {
  readonly assignment: Assignment | null;
  /** Number of the attempt that goes on, or was the last. 0 before the first. */
  readonly attempt: number;
  /** Attempts that ended while this actor lived. */
  readonly ended: readonly EndedAttempt[];
  /** How long it waits before it stands in the queue again, in milliseconds. Null while it does not. */
  readonly pauseMs: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly result: string | null;
  readonly failure: MachineFailure | null;
  /** Set when a person or the deadline asked for the end; the final state follows from it. */
  readonly ending: 'cancelled' | 'failed' | 'timedOut' | null;
  /** The slot in which it goes on, and whether it waits for an answer before. Null while no turn was left so. */
  readonly left: { readonly slotId: SlotId; readonly forAnswer: boolean } | null;
}

export type TaskEvent =
  | {
      readonly type: 'task.assign';
      readonly assignment: Assignment;
      readonly attempt: number;
      readonly at: number;
    }
  /** UserPromptSubmit carried this task's words. */
  | { readonly type: 'prompt.submitted'; readonly at: number }
  | { readonly type: 'turn.ended'; readonly result: string; readonly at: number }
  | {
      readonly type: 'turn.failed';
      readonly failure: MachineFailure;
      /** What was said all the same. */
      readonly result?: string;
      readonly at: number;
    }
  /** The turn ended, and the task did not. */
  | {
      readonly type: 'turn.left';
      readonly why: TurnLeft;
      readonly words: string;
      /** Where it goes on, when not in this slot. */
      readonly to?: SlotId;
      readonly at: number;
    }
  /** The session ended by itself while it had the task. */
  | { readonly type: 'session.lost'; readonly failure: MachineFailure; readonly at: number }
  | { readonly type: 'question.asked' }
  | { readonly type: 'question.closed' }
  | { readonly type: 'task.cancel'; readonly at: number }
  /** It ends now: no slot can do it, or a person killed the session that did. */
  | { readonly type: 'task.refuse'; readonly failure: MachineFailure; readonly at: number }
  /** It must not go on (a budget is spent, nothing helps a stuck session): the session is interrupted first. */
  | { readonly type: 'task.stop'; readonly failure: MachineFailure; readonly at: number }
  /** The session was killed before the prompt had arrived. */
  | { readonly type: 'task.requeue' }
  | { readonly type: 'deadline.passed'; readonly at: number }
  /** The attempt has taken as long as one may. */
  | { readonly type: 'attempt.timedOut'; readonly timeoutMs: number; readonly at: number }
  | { readonly type: 'task.restored'; readonly at: number };
