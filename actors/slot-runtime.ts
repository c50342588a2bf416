import { createHash, timingSafeEqual } from 'node:crypto';
import type { Epoch, Role, SlotId } from '../db/ids.ts';
import type { Interrupted } from '../services/keyboard/interrupt-turn.ts';
import type { Typed } from '../services/keyboard/keyboard-terminal.ts';
import type { ScreenReading } from '../services/terminal/reading.ts';

/** A slot as slots.yaml configures it, as far as the actors need to know. */
export interface SlotConfiguration {
  readonly id: SlotId;
  readonly role: Role;
  readonly description: string;
  readonly cwd: string;
  readonly autoStart: boolean;
  readonly dangerouslySkipPermissions: boolean;
  readonly trustCwd: boolean;
  /** Every start goes on with the conversation that it had: an agent knows what it has done. */
  readonly resumes?: boolean;
  /** What it can do that others of its role cannot: tasks may require it. */
  readonly traits: readonly string[];
  /** When a session at work counts as stuck, in minutes. */
  readonly stuck: {
    readonly afterMinutes: number;
    /** While a tool runs. */
    readonly toolMinutes: number;
    /** How long each step of the ladder may take to help. */
    readonly stepMinutes: number;
    /** How long a task waits for a session that ended in its midst to come back. */
    readonly recoverMinutes: number;
  };
  /** After so many minutes a question that nobody has answered is denied; null: never. */
  readonly confirmWithinMinutes: number | null;
  /** When it is reminded of work that waits for it while it rests; never, where nothing is said. */
  readonly nudge?: { readonly afterMinutes: number } | null | undefined;
  /** What is done when the context of its session is nearly used up. */
  readonly context: {
    readonly handOverBelowPercent: number;
    readonly by: 'handOver' | 'compact' | 'nothing';
  };
}

export interface DeliverOptions {
  readonly signal: AbortSignal;
  /** Resolves when UserPromptSubmit carried the words. */
  readonly submitted: Promise<void>;
  /** Called before Enter is pressed: from then on the prompt may have arrived. */
  readonly typed: () => void;
  /** An earlier daemon had begun to type this prompt: what stands in the box may be ours. */
  readonly ours: boolean;
}

/** The one writer of a terminal. */
export interface SlotKeyboard {
  /** Types a prompt into an idle session and waits until `submitted` says that Claude Code has it. */
  deliver(prompt: string, options: DeliverOptions): Promise<Typed>;
  /** Runs a command of Claude Code (`/compact`) in an idle session; one that it does not take is taken back as `queue` says. */
  command(command: string, signal: AbortSignal, rests: () => Promise<boolean>): Promise<Typed>;
  /**
   * Sends words to a session at work, which takes them with the next step of its turn. Words that it does not take are
   * taken back when `rests` says that the session has come to rest; false says that it has ended.
   */
  queue(words: string, signal: AbortSignal, rests: () => Promise<boolean>): Promise<Typed>;
  /** Chooses an option of the dialog on the screen by its label, checking every step; only of the expected dialog. */
  choose(
    label: string,
    options: { readonly signal: AbortSignal; readonly expected?: string },
  ): Promise<Typed>;
  /** Refuses the dialog on the screen with Esc, if it is the expected one. */
  dismiss(expected: string, signal: AbortSignal): Promise<Typed>;
  /** One Esc, while the session is busy. */
  interrupt(signal: AbortSignal): Promise<Interrupted>;
  /** Bytes of a person who is attached; they go between deliveries, never into one. */
  passThrough(data: string): Promise<void>;
}

export interface SlotCrash {
  readonly message: string;
  /** False when it has failed so often that it is left alone. */
  readonly willRespawn: boolean;
}

/** What only lives while the daemon lives: everything else of a slot is in its machine and its row. */
export interface SlotRuntime {
  readonly configuration: SlotConfiguration;
  /** Where its session works: its own folder, or the worktree of a task. */
  cwd: string;
  epoch: Epoch | null;
  keyboard: SlotKeyboard | null;
  tokenHash: Buffer | null;
  reading: ScreenReading | null;
  lastUsedAt: number;
  /** Epoch milliseconds when it last did not take a prompt although it looked ready. */
  refusedAt: number;
  lastActivityAt: number | null;
  costUsd: number | null;
  claudeVersion: string | null;
  transcriptPath: string | null;
  /** How the statechart of the slot failed, until the slot is started again. A bug; nothing that a user did. */
  crash: SlotCrash | null;
  /** Viewers that may type. */
  controllers: number;
  /** Viewers in all. */
  viewers: number;
}

export function newRuntime(configuration: SlotConfiguration): SlotRuntime {
  return {
    configuration,
    cwd: configuration.cwd,
    epoch: null,
    keyboard: null,
    tokenHash: null,
    reading: null,
    lastUsedAt: 0,
    refusedAt: 0,
    lastActivityAt: null,
    costUsd: null,
    claudeVersion: null,
    transcriptPath: null,
    crash: null,
    controllers: 0,
    viewers: 0,
  };
}

/** SHA-256 of a slot's token: what is stored and compared, never the token itself. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Compares in constant time; false while no session runs. */
export function tokenFits(runtime: SlotRuntime, token: string): boolean {
  return runtime.tokenHash !== null && timingSafeEqual(runtime.tokenHash, hashToken(token));
}

/** The version of the Claude Code of a run; null before it is known. */
export function versionOf(runtimes: Iterable<SlotRuntime>, epoch: Epoch): string | null {
  return [...runtimes].find((runtime) => runtime.epoch === epoch)?.claudeVersion ?? null;
}
