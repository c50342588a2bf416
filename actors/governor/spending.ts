import type { ClaudeSessionId, Epoch, Role, SlotId, TaskId } from '../../db/ids.ts';
import { localDay } from '../../services/calendar/local-day.ts';
import { NO_TOKENS, type Tokens, type UsageMark } from '../../services/claude/transcript-usage.ts';
import type { SessionTotal, SpendingLedger, Spent } from '../../services/ledger/spending-ledger.ts';

/** The last line of a turn may be written a moment after its Stop. */
const LOOK_AGAIN_MS = 1_000;
/** What a session tells so soon after its task belongs to that task. */
const STILL_OF_THE_TASK_MS = 5_000;

export interface SpendingDependencies {
  readonly ledger: SpendingLedger;
  readonly now: () => number;
  readonly roleOf: (slotId: SlotId) => Role;
  /** The task that a slot works on. */
  readonly taskOf: (slotId: SlotId) => TaskId | undefined;
  /** Where the session of a slot writes; null while no hook has named it. */
  readonly transcriptOf: (slotId: SlotId) => string | null;
  readonly transcriptsOf: (transcript: string) => Promise<readonly string[]>;
  readonly readUsage: (file: string, mark: UsageMark) => Promise<{ tokens: Tokens; mark: UsageMark }>;
  /** Writes in the next transaction, and again when that fails. */
  readonly writeLater: (write: () => void) => void;
  /** Resolves when everything is written. */
  readonly written: (signal: AbortSignal) => Promise<void>;
  /** Called in the transaction that stores what a task has spent. */
  readonly store: (taskId: TaskId, spent: Spent) => void;
  /** Something was spent, and is stored. */
  readonly spent: (slotId: SlotId, taskId: TaskId | null) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/**
 * Counts what the sessions spend: tokens from their transcripts, those of subagents included, once per message; money
 * as Claude Code's status line tells it.
 */
export function createSpending(dependencies: SpendingDependencies) {
  const { ledger, now, roleOf, taskOf, transcriptOf, transcriptsOf, readUsage, signal } = dependencies;
  /** Ahead of the rows, which are written later. */
  const marks = new Map<string, UsageMark>();
  const totals = new Map<ClaudeSessionId, SessionTotal>();
  const lastTasks = new Map<SlotId, { readonly taskId: TaskId; readonly at: number }>();
  const counting = new Set<SlotId>();
  /** Slots whose transcript has grown since it was looked at, and the task that made it grow. */
  const grown = new Map<SlotId, TaskId | null>();
  const timers = new Map<SlotId, NodeJS.Timeout>();

  function taskThatSpends(slotId: SlotId): TaskId | null {
    const taskId = taskOf(slotId);
    if (taskId !== undefined) {
      lastTasks.set(slotId, { taskId, at: now() });
      return taskId;
    }
    const last = lastTasks.get(slotId);
    return last !== undefined && now() - last.at < STILL_OF_THE_TASK_MS ? last.taskId : null;
  }

  async function add(slotId: SlotId, taskId: TaskId | null, spent: Spent, more: () => void): Promise<void> {
    const spender = { day: localDay(now()), slotId, role: roleOf(slotId), taskId };
    dependencies.writeLater(() => {
      ledger.add(spender, spent);
      if (taskId !== null) dependencies.store(taskId, spent);
      more();
    });
    await dependencies.written(signal);
    dependencies.spent(slotId, taskId);
  }

  async function countFile(slotId: SlotId, taskId: TaskId | null, file: string): Promise<void> {
    const before = marks.get(file) ?? ledger.mark(file);
    const { tokens, mark } = await readUsage(file, before);
    if (mark.offset === before.offset) return;
    marks.set(file, mark);
    await add(slotId, taskId, { usd: 0, tokens }, () => ledger.setMark(file, mark));
  }

  /** One at a time for each slot; what grows meanwhile is counted afterwards. */
  async function count(slotId: SlotId, taskId: TaskId | null): Promise<void> {
    grown.set(slotId, taskId);
    if (counting.has(slotId)) return;
    counting.add(slotId);
    try {
      for (let next = grown.get(slotId); next !== undefined && !signal.aborted; next = grown.get(slotId)) {
        grown.delete(slotId);
        const transcript = transcriptOf(slotId);
        if (transcript === null) return;
        for (const file of await transcriptsOf(transcript)) await countFile(slotId, next, file);
      }
    } finally {
      counting.delete(slotId);
    }
  }

  const report = (error: unknown): void => {
    if (!signal.aborted) dependencies.onError(error);
  };

  function countSoon(slotId: SlotId, taskId: TaskId | null): void {
    count(slotId, taskId).catch(report);
  }

  signal.addEventListener('abort', () => {
    for (const timer of timers.values()) clearTimeout(timer);
  });

  return {
    /** A hook came: the transcript has grown, or will in a moment. */
    transcriptGrew(slotId: SlotId): void {
      if (signal.aborted) return;
      const taskId = taskThatSpends(slotId);
      countSoon(slotId, taskId);
      clearTimeout(timers.get(slotId));
      timers.set(
        slotId,
        setTimeout(() => {
          timers.delete(slotId);
          countSoon(slotId, taskId);
        }, LOOK_AGAIN_MS),
      );
    },

    /**
     * The status line named what the conversation has cost in all. The total goes on over a resume, or begins anew; in
     * one run it only grows, and a smaller one has been overtaken on its way.
     */
    costTold(slotId: SlotId, epoch: Epoch, sessionId: ClaudeSessionId, totalUsd: number): void {
      if (signal.aborted) return;
      const before = totals.get(sessionId) ?? ledger.totalOf(sessionId);
      if (totalUsd === before.totalUsd || (before.epoch === epoch && totalUsd < before.totalUsd)) return;
      const total = { totalUsd, epoch };
      totals.set(sessionId, total);
      const usd = totalUsd > before.totalUsd ? totalUsd - before.totalUsd : totalUsd;
      add(slotId, taskThatSpends(slotId), { usd, tokens: NO_TOKENS }, () =>
        ledger.setTotal(sessionId, total),
      ).catch(report);
    },
  };
}

export type Spending = ReturnType<typeof createSpending>;
