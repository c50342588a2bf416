import type { Role, SlotId, TaskId } from '../../db/ids.ts';
import type { MachineFailure } from '../../machines/failure.ts';
import { localDay, nextLocalDay } from '../../services/calendar/local-day.ts';
import type { Budgets, Cap } from '../../services/config/budgets.ts';
import type { SpendingLedger, SpentBy, UsageWindow } from '../../services/ledger/spending-ledger.ts';
import { type CapStanding, judgeCap } from './caps.ts';

/** Clocks differ, and a limit opens a little late. */
const AFTER_RESET_MS = 60_000;
/** Slots of one account begin again one after another, so that they do not use the window up at once. */
const STAGGER_MS = 15_000;
/** What is said once about a task is not said again within this. */
const TASK_TOLD_MS = 30 * 24 * 60 * 60_000;

/** Why a slot takes nothing new. */
export interface Pause {
  /** What was reached; a person may lift it. */
  readonly key: string;
  readonly why: string;
  /** Epoch milliseconds; null: until a person lifts it. */
  readonly until: number | null;
}

export interface GovernedSlot {
  readonly slotId: SlotId;
  readonly role: Role;
  /** Slots of one account share its usage windows. Null while none is known. */
  readonly account: string | null;
}

export interface GovernorDependencies {
  readonly budgets: Budgets;
  readonly ledger: SpendingLedger;
  readonly now: () => number;
  readonly slots: () => readonly GovernedSlot[];
  /** The budget that a task was submitted with. */
  readonly capOf: (taskId: TaskId) => Cap | undefined;
  readonly tasksOf: () => Iterable<readonly [SlotId, TaskId]>;
  readonly stop: (taskId: TaskId, failure: MachineFailure) => void;
  /** For the person and the orchestrator. `taskId`: whose spending reached it. */
  readonly tell: (
    words: string,
    spender: { readonly slotId: SlotId; readonly taskId: TaskId | null },
  ) => void;
  readonly dispatchSoon: () => void;
  /** Writes in the next transaction, and again when that fails. */
  readonly writeLater: (write: () => void) => void;
}

interface DayCap {
  readonly key: string;
  readonly whose: string;
  readonly cap: Cap;
  readonly by: SpentBy;
}

/** Decides whether a slot may begin something, by what was spent and by the usage windows of its account. */
export function createGovernor({
  budgets,
  ledger,
  now,
  slots,
  capOf,
  tasksOf,
  stop,
  tell,
  dispatchSoon,
  writeLater,
}: GovernorDependencies) {
  /** Sums of the day, until something is spent or the day is over. */
  const standings = new Map<string, { readonly day: string; readonly standing: CapStanding }>();
  const windowKey = ({ account, name }: Pick<UsageWindow, 'account' | 'name'>): string =>
    `window:${account}:${name}`;
  const windows = new Map(ledger.windows().map((window) => [windowKey(window), window]));
  /** Ahead of the rows, which are written later. */
  const marks = new Map<string, number>();
  const isMarked = (key: string): boolean => (marks.get(key) ?? ledger.markedUntil(key)) > now();
  const mark = (key: string, until: number): void => {
    marks.set(key, until);
    writeLater(() => ledger.setGovernorMark(key, until));
  };

  function capsOf({ slotId, role }: GovernedSlot): readonly DayCap[] {
    const day = localDay(now());
    const all: readonly (Omit<DayCap, 'cap'> & { readonly cap: Cap | undefined })[] = [
      { key: `slot:${slotId}`, whose: `Slot ${slotId}`, cap: budgets.slot, by: { day, slotId } },
      { key: `role:${role}`, whose: `The role ${role}`, cap: budgets.roles[role], by: { day, role } },
      { key: 'day', whose: 'All slots together', cap: budgets.day, by: { day } },
    ];
    return all.flatMap(({ cap, ...rest }) => (cap === undefined ? [] : [{ cap, ...rest }]));
  }

  function standingOf({ key, cap, by }: DayCap): CapStanding {
    const day = localDay(now());
    const known = standings.get(key);
    if (known?.day === day) return known.standing;
    const standing = judgeCap(cap, ledger.spent(by), budgets.warnAtPercent);
    standings.set(key, { day, standing });
    return standing;
  }

  const liftedKey = (key: string): string => `lifted:${key}`;
  const isLifted = (key: string): boolean => isMarked(liftedKey(key));

  function windowPause({ slotId, account }: GovernedSlot): Pause | null {
    if (account === null) return null;
    const peers = slots().filter((slot) => slot.account === account);
    const late =
      AFTER_RESET_MS +
      STAGGER_MS *
        Math.max(
          0,
          peers.findIndex((peer) => peer.slotId === slotId),
        );
    for (const window of windows.values()) {
      const { name, usedPercent, resetsAt } = window;
      const key = windowKey(window);
      if (window.account !== account || usedPercent < budgets.pauseAtWindowPercent || isLifted(key)) continue;
      const until = budgets.resumeWhenWindowResets ? resetsAt + late : null;
      if (until !== null && until <= now()) continue;
      const why = `The account has used ${Math.round(usedPercent)} % of its ${name.replace('_', '-')} window.`;
      return { key, why, until };
    }
    return null;
  }

  function pauseOf(slot: GovernedSlot): Pause | null {
    for (const cap of capsOf(slot)) {
      const standing = standingOf(cap);
      if (standing.state === 'spent' && !isLifted(cap.key))
        return {
          key: cap.key,
          why: `${cap.whose} has spent the budget of the day (${standing.words}).`,
          until: nextLocalDay(now()),
        };
    }
    return windowPause(slot);
  }

  function tellOnce(
    key: string,
    until: number,
    words: string,
    spender: { readonly slotId: SlotId; readonly taskId: TaskId | null },
  ): void {
    if (isMarked(key)) return;
    mark(key, until);
    tell(words, spender);
  }

  function judgeTask(slotId: SlotId, taskId: TaskId): void {
    const standing = judgeCap(capOf(taskId) ?? budgets.task, ledger.spent({ taskId }), budgets.warnAtPercent);
    if (standing.state === 'open') return;
    const spender = { slotId, taskId };
    const key = `told:task:${taskId}:${standing.state}`;
    if (standing.state === 'warned') {
      tellOnce(key, now() + TASK_TOLD_MS, `The task has spent ${standing.words}.`, spender);
      return;
    }
    stop(taskId, {
      code: 'budget_exceeded',
      message: `The task has spent its budget (${standing.words}) and was stopped.`,
      remedy: 'Submit it again with a larger budget, or split it.',
    });
  }

  function judgeDay(slot: GovernedSlot, taskId: TaskId | null): void {
    const spender = { slotId: slot.slotId, taskId };
    const until = nextLocalDay(now());
    for (const cap of capsOf(slot)) {
      standings.delete(cap.key);
      const { state, words } = standingOf(cap);
      const key = `told:${cap.key}:${localDay(now())}:${state}`;
      if (state === 'warned') tellOnce(key, until, `${cap.whose} has spent ${words} today.`, spender);
      if (state !== 'spent' || isLifted(cap.key)) continue;
      const what = budgets.whenSpent === 'stop' ? 'What runs is stopped' : 'Nothing new begins';
      tellOnce(key, until, `${cap.whose} has spent the budget of the day (${words}). ${what}.`, spender);
      if (budgets.whenSpent === 'stop') stopAll(cap, words);
    }
  }

  function stopAll(cap: DayCap, words: string): void {
    const governed = new Map(slots().map((slot) => [slot.slotId, slot]));
    for (const [slotId, taskId] of tasksOf()) {
      const slot = governed.get(slotId);
      if (slot === undefined || !capsOf(slot).some(({ key }) => key === cap.key)) continue;
      stop(taskId, {
        code: 'budget_exceeded',
        message: `${cap.whose} has spent the budget of the day (${words}); what ran was stopped.`,
        remedy: 'Raise the budget in slots.yaml, or lift it for today with mission_budget.',
      });
    }
  }

  function pauseOfSlot(slotId: SlotId): Pause | null {
    const slot = slots().find((each) => each.slotId === slotId);
    return slot === undefined ? null : pauseOf(slot);
  }

  return {
    /** Why this slot takes nothing new, or null. */
    pauseOf: pauseOfSlot,

    /** Something was spent, and is stored. */
    spent(slotId: SlotId, taskId: TaskId | null): void {
      const slot = slots().find((each) => each.slotId === slotId);
      if (slot !== undefined) judgeDay(slot, taskId);
      if (taskId !== null) judgeTask(slotId, taskId);
    },

    /** The status line told of a usage window. */
    windowTold(window: UsageWindow): void {
      const before = windows.get(windowKey(window));
      if (before?.usedPercent === window.usedPercent && before.resetsAt === window.resetsAt) return;
      windows.set(windowKey(window), window);
      writeLater(() => ledger.setWindow(window));
      dispatchSoon();
    },

    /** A person lets a paused slot go on: for the rest of the day, or until the window resets. False: it is not paused. */
    lift(slotId: SlotId): boolean {
      const pause = pauseOfSlot(slotId);
      if (pause === null) return false;
      mark(liftedKey(pause.key), pause.until ?? nextLocalDay(now()));
      dispatchSoon();
      return true;
    },
  };
}

export type Governor = ReturnType<typeof createGovernor>;
