import { randomBytes, randomUUID } from 'node:crypto';
import { ClaudeSessionId, type Epoch, Epoch as EpochSchema, type SlotId } from '../db/ids.ts';
import type { Launched, LaunchPlan } from '../machines/slot.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import type { SlotLedger } from '../services/ledger/slot-ledger.ts';
import type { PtyHost } from '../services/pty/pty-host.ts';
import { conversationToResume, type ResumeDependencies } from './resume.ts';
import { hashToken, type SlotKeyboard, type SlotRuntime } from './slot-runtime.ts';

/** Every session is drawn at one size, so that only Claude Code itself can change how it looks. */
export const SESSION_SIZE = { columns: 140, rows: 45 } as const;
/** Claude Code saves its transcript on the way out; a second is plenty, and Ctrl+C should not feel stuck. */
const TERMINATE_GRACE_MS = 2_500;
/** 256 bits, so that nobody guesses the token of a slot. */
const TOKEN_BYTES = 32;

export interface ProgramToStart {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly version: string | null;
  /** Where Claude Code keeps its own files; null when its environment does not say. */
  readonly configDirectory: string | null;
}

export interface LauncherDependencies extends ResumeDependencies {
  readonly host: () => PtyHost;
  readonly slots: SlotLedger;
  readonly runtime: (slotId: SlotId) => SlotRuntime;
  readonly now: () => number;
  /** Resolves configuration, secrets and permissions into what is started. Throws MissionError with the reason. */
  readonly prepare: (
    runtime: SlotRuntime,
    plan: LaunchPlan,
    options: {
      readonly token: string;
      readonly mcpConfigPath: string | null;
      /** Aborted when the start is called off. */
      readonly signal: AbortSignal;
    },
  ) => Promise<ProgramToStart>;
  readonly keyboard: (epoch: Epoch) => SlotKeyboard;
  /** Follows what the run of Claude Code writes of itself; returns the way to stop. */
  readonly watch: (slotId: SlotId, run: WatchedRun) => () => void;
}

/** A run of a program that may keep a register of itself. */
export interface WatchedRun {
  readonly epoch: Epoch;
  readonly pid: number;
  readonly configDirectory: string;
}

/** Starts, finds again and ends the programs of slots. */
export function createLauncher({
  host,
  slots,
  runtime,
  now,
  prepare,
  keyboard,
  watch,
  lengthOf,
}: LauncherDependencies) {
  const watches = new Map<SlotId, () => void>();
  /** Starts that have not settled: what is ended under the same epoch waits for them. */
  const starts = new Map<Epoch, Promise<unknown>>();

  /** Joins a runtime with a terminal that runs, just started or found again. */
  function bind(slotId: SlotId, plan: LaunchPlan): void {
    const held = runtime(slotId);
    const row = slots.session(plan.epoch);
    held.epoch = plan.epoch;
    held.keyboard = keyboard(plan.epoch);
    held.tokenHash = row === undefined ? null : Buffer.from(row.tokenHash, 'hex');
    held.transcriptPath = row?.transcriptPath ?? null;
    held.claudeVersion = row?.claudeVersion ?? null;
    held.costUsd = row?.costUsd ?? null;
    held.cwd = plan.cwd;
    held.reading = null;
    held.crash = null;
    follow(slotId, plan.epoch);
  }

  /** Watches the register of a run whose process is known. */
  function follow(slotId: SlotId, epoch: Epoch): void {
    watches.get(slotId)?.();
    watches.delete(slotId);
    const row = slots.session(epoch);
    if (row?.pid == null || row.configDirectory === null) return;
    const { pid, configDirectory } = row;
    watches.set(slotId, watch(slotId, { epoch, pid, configDirectory }));
  }

  /** Lets go of a run, unless another has taken its place. */
  function release(slotId: SlotId, epoch: Epoch): void {
    const held = runtime(slotId);
    if (held.epoch !== epoch) return;
    watches.get(slotId)?.();
    watches.delete(slotId);
    held.epoch = null;
    held.keyboard = null;
    held.tokenHash = null;
    held.reading = null;
    held.cwd = held.configuration.cwd;
  }

  function requirePlan(slotId: SlotId, plan: LaunchPlan | null): LaunchPlan {
    if (plan === null) throw new MissionError('internal', `Slot ${slotId} has no launch plan.`);
    return plan;
  }

  /**
   * Starts the program of a plan, or finds it running. A start that is called off leaves nothing new behind it, except
   * when the host was already asked: then `terminate` waits for its word and ends what has come of it.
   */
  async function begin(
    slotId: SlotId,
    plan: LaunchPlan,
    mcpConfigPath: string | null,
    signal: AbortSignal,
  ): Promise<Launched> {
    const running = (await host().list()).find(({ epoch }) => epoch === plan.epoch);
    signal.throwIfAborted();
    if (running !== undefined) {
      slots.updateSession(plan.epoch, { pid: running.pid });
      bind(slotId, plan);
      return { pid: running.pid, startedAt: running.startedAt, exit: running.exit };
    }
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const held = runtime(slotId);
    const program = await prepare(held, plan, { token, mcpConfigPath, signal });
    signal.throwIfAborted();
    const startedAt = now();
    // Before the start: a hook can come with the first byte.
    slots.startSession({
      epoch: plan.epoch,
      slotId,
      sessionId: plan.sessionId,
      pid: null,
      tokenHash: hashToken(token).toString('hex'),
      cwd: program.cwd,
      claudeVersion: program.version,
      transcriptPath: null,
      configDirectory: program.configDirectory,
      costUsd: null,
      startedAt,
      endedAt: null,
      exitCode: null,
      endedByDaemon: false,
    });
    bind(slotId, plan);
    const spawned = await host().spawn({
      epoch: plan.epoch,
      slotId,
      file: program.file,
      args: program.args,
      cwd: program.cwd,
      env: program.env,
      ...SESSION_SIZE,
    });
    if (!spawned.ok) {
      throw new MissionError('launch_failed', `Slot ${slotId} did not start: ${spawned.message}`, {
        remedy: 'Mend `command:` or `cwd:` of the slot in slots.yaml, then start it again.',
      });
    }
    slots.updateSession(plan.epoch, { pid: spawned.pid });
    follow(slotId, plan.epoch);
    return { pid: spawned.pid, startedAt, exit: null };
  }

  /** Ends the program of a terminal and forgets the terminal. One that is not held any more is no error. */
  async function putAway(epoch: Epoch, graceMs: number): Promise<void> {
    try {
      const exit = await host().terminate(epoch, graceMs);
      slots.updateSession(epoch, { endedAt: exit.at, exitCode: exit.code });
      await host().forget(epoch);
    } catch (error) {
      if (!(error instanceof MissionError && error.code === 'slot_not_running')) throw error;
    }
  }

  return {
    bind,

    /**
     * @param resume go on with the conversation of `previous`, when it has one and that was in the same folder
     * @param folder where it works; null for its own folder
     */
    async plan(
      slotId: SlotId,
      previous: LaunchPlan | null,
      resume: boolean,
      folder: string | null,
    ): Promise<LaunchPlan> {
      const epoch = EpochSchema.parse(randomUUID());
      const cwd = folder ?? runtime(slotId).configuration.cwd;
      // A statechart that was put together anew remembers no run; its row does.
      const last = previous?.epoch ?? slots.get(slotId)?.epoch ?? null;
      const sessionId =
        resume && last !== null ? await conversationToResume(slots.session(last), cwd, { lengthOf }) : null;
      return sessionId === null
        ? { epoch, sessionId: ClaudeSessionId.parse(randomUUID()), resume: false, cwd }
        : { epoch, sessionId, resume: true, cwd };
    },

    /** Rejects with the signal's reason when the start is called off in time. */
    async launch(
      slotId: SlotId,
      plan: LaunchPlan | null,
      mcpConfigPath: string | null,
      signal: AbortSignal,
    ): Promise<Launched> {
      const chosen = requirePlan(slotId, plan);
      const start = begin(slotId, chosen, mcpConfigPath, signal)
        .catch((error: unknown) => {
          release(slotId, chosen.epoch);
          throw error;
        })
        .finally(() => starts.delete(chosen.epoch));
      starts.set(chosen.epoch, start);
      return start;
    },

    /** Ends what runs under the plan and puts its terminal away. A terminal that is not held any more is no error. */
    async terminate(slotId: SlotId, plan: LaunchPlan | null): Promise<void> {
      if (plan === null) return;
      await starts.get(plan.epoch)?.catch(() => undefined);
      try {
        await putAway(plan.epoch, TERMINATE_GRACE_MS);
      } finally {
        release(slotId, plan.epoch);
      }
    },

    /** The statechart of a slot has failed: what it ran is let go of, ended at once, and put away. */
    async abandon(slotId: SlotId): Promise<void> {
      const { epoch } = runtime(slotId);
      if (epoch === null) return;
      release(slotId, epoch);
      await starts.get(epoch)?.catch(() => undefined);
      release(slotId, epoch);
      await putAway(epoch, 0);
    },

    /** Ends at once what runs in a terminal that no slot owns, and puts it away. */
    terminateOrphan: (epoch: Epoch): Promise<void> => putAway(epoch, 0),

    /** Stops watching. The programs go on. */
    dispose(): void {
      for (const stop of watches.values()) stop();
      watches.clear();
    },
  };
}

export type Launcher = ReturnType<typeof createLauncher>;
