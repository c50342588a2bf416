import type { ClaudeSessionId, Epoch, Role, SlotId } from '../db/ids.ts';
import type { MachineFailure } from './failure.ts';
import type { HandOverEvent } from './hand-over.ts';
import type { SessionEvent } from './session.ts';
import type { StuckEvent } from './stuck.ts';

/** Who a launch is for: chosen before anything is started, so that a restored slot never starts a second one. */
export interface LaunchPlan {
  readonly epoch: Epoch;
  readonly sessionId: ClaudeSessionId;
  readonly resume: boolean;
  /** The folder it works in. */
  readonly cwd: string;
}

export interface SlotContext {
  readonly slotId: SlotId;
  readonly role: Role;
  readonly desired: 'running' | 'stopped';
  /**
   * When a person ended the slot, epoch milliseconds: it stays down, over a restart of the daemon too, until somebody
   * starts it or gives it a task after that. Null while nobody has.
   */
  readonly killedAt: number | null;
  readonly autoRestart: boolean;
  readonly mcpConfigPath: string | null;
  /** Where it is to work in place of its own folder: the worktree of a task. Null for its own. */
  readonly folder: string | null;
  readonly plan: LaunchPlan | null;
  readonly pid: number | null;
  readonly startedAt: number | null;
  /** Failures in a row, without a turn that came to its end between them. */
  readonly crashes: number;
  /** When it failed of late, epoch milliseconds, oldest first. Ended programs and failed launches alike. */
  readonly failedAt: readonly number[];
  /** One more failure quarantines it again: a quarantine is over, and nothing has proven yet that it works. */
  readonly onTrial: boolean;
  /**
   * How long it is left alone. `until` is on the wall clock, epoch milliseconds; `ms` is what is left of it, counted
   * anew by a daemon that comes back, since `after` timers do not survive one.
   */
  readonly pause: { readonly until: number; readonly ms: number } | null;
  /** How it is started anew after its program was ended for that. Null while that is not so. */
  readonly renewal: 'resume' | 'fresh' | null;
  readonly failure: MachineFailure | null;
}

export interface SlotStart {
  readonly type: 'slot.start';
  /** A person's start forgives earlier failures. */
  readonly by: 'person' | 'daemon';
  readonly autoRestart: boolean;
  readonly mcpConfigPath?: string;
  /** Continue the conversation that the slot had before, when there is one. */
  readonly resume: boolean;
  /** Null for its own; it stays where it was when nothing is said. */
  readonly folder?: string | null;
}

export type SlotEvent =
  | SlotStart
  /** `daemon`: it goes down with the daemon, and comes up with it when its configuration says so. */
  | { readonly type: 'slot.stop'; readonly by: 'person' | 'daemon'; readonly at: number }
  /** The daemon came back; `alive` says whether the host still holds the terminal of this slot. */
  | { readonly type: 'slot.restored'; readonly alive: boolean; readonly at: number }
  /** A program of this slot runs, and all that is known of it are the columns of its rows. */
  | {
      readonly type: 'slot.found';
      readonly plan: LaunchPlan;
      readonly folder: string | null;
      readonly pid: number | null;
      readonly startedAt: number;
      readonly autoRestart: boolean;
    }
  /** Claude Code has come to the end of a turn: the crashes before it are no row of crashes any more. */
  | { readonly type: 'slot.proven' }
  | { readonly type: 'signal'; readonly signal: SessionEvent }
  /** What is seen of it from outside; its ladder decides whether it is stuck. */
  | { readonly type: 'slot.watched'; readonly event: StuckEvent }
  /** Its session hands over to a fresh one. */
  | { readonly type: 'slot.handsOver'; readonly event: HandOverEvent }
  /** The program is ended and started anew, with its conversation or a fresh one, there or elsewhere. That is no failure. */
  | { readonly type: 'slot.renew'; readonly resume: boolean; readonly folder?: string | null }
  | {
      readonly type: 'terminal.exited';
      readonly epoch: Epoch;
      readonly code: number | null;
      readonly signal: number | null;
      readonly at: number;
    };

export interface ProgramExit {
  readonly code: number | null;
  readonly signal: number | null;
}

export interface Launched {
  readonly pid: number;
  readonly startedAt: number;
  /** How it has ended already: it was started by the last daemon. */
  readonly exit: ProgramExit | null;
}

/** What a slot machine is started with. */
export interface SlotInput {
  readonly slotId: SlotId;
  readonly role: Role;
  readonly killedAt?: number | null;
  /** The run that it had before it was closed: its conversation can be gone on with. */
  readonly plan?: LaunchPlan | null;
}

/** A slot in which nothing runs yet. */
export function newSlot({ slotId, role, killedAt = null, plan = null }: SlotInput): SlotContext {
  return {
    slotId,
    role,
    desired: 'stopped',
    killedAt,
    autoRestart: false,
    mcpConfigPath: null,
    folder: null,
    plan,
    pid: null,
    startedAt: null,
    crashes: 0,
    failedAt: [],
    onTrial: false,
    pause: null,
    renewal: null,
    failure: null,
  };
}
