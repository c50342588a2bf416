import { ClaudeSessionId, type Epoch, type SlotId } from '../../db/ids.ts';
import { localDay } from '../../services/calendar/local-day.ts';
import type { RateLimitWindow } from '../../services/claude/read-status-line.ts';
import type { Budgets } from '../../services/config/budgets.ts';
import type { SpendingLedger, Spent } from '../../services/ledger/spending-ledger.ts';
import type { MissionCore } from '../core.ts';
import { capOf } from './caps.ts';
import { createGovernor, type GovernedSlot, type Pause } from './governor.ts';
import { createSpending, type SpendingDependencies } from './spending.ts';

export interface GoverningDependencies
  extends Pick<
    SpendingDependencies,
    'readUsage' | 'transcriptsOf' | 'writeLater' | 'written' | 'signal' | 'onError'
  > {
  readonly core: MissionCore;
  readonly ledger: SpendingLedger;
  readonly budgets: Budgets;
  readonly dispatchSoon: () => void;
}

/** Joins the counting of what is spent with the decisions about it. */
export function createGoverning({ core, ledger, budgets, dispatchSoon, ...rest }: GoverningDependencies) {
  /** Of each run the folder of its login; a run never changes it. */
  const accounts = new Map<Epoch, string | null>();

  function accountOf(slotId: SlotId): string | null {
    const { epoch } = core.runtime(slotId);
    if (epoch === null) return null;
    const known = accounts.get(epoch);
    if (known !== undefined) return known;
    const account = core.slots.session(epoch)?.configDirectory ?? null;
    accounts.set(epoch, account);
    return account;
  }

  const slots = (): readonly GovernedSlot[] =>
    [...core.runtimes.values()].map(({ configuration: { id, role } }) => ({
      slotId: id,
      role,
      account: accountOf(id),
    }));

  const governor = createGovernor({
    budgets,
    ledger,
    now: core.now,
    slots,
    capOf: (taskId) => capOf(core.tasks.get(taskId)),
    tasksOf: () => core.occupied,
    stop: (taskId, failure) => core.sendToTask(taskId, { type: 'task.stop', failure, at: core.now() }),
    tell(words, { slotId, taskId }) {
      const at = core.now();
      core.logger.warn({ slotId, taskId, words }, 'a budget was told of');
      if (taskId !== null) {
        const { role } = core.runtime(slotId).configuration;
        rest.writeLater(() => core.inbox.add({ taskId, fromRole: role, content: words, createdAt: at }));
      }
      core.bus.publish({ type: 'budget_told', at, slotId, words, ...(taskId === null ? {} : { taskId }) });
    },
    dispatchSoon,
    writeLater: rest.writeLater,
  });

  const spending = createSpending({
    ...rest,
    ledger,
    now: core.now,
    roleOf: (slotId) => (core.evenClosed(slotId) ?? core.runtime(slotId).configuration).role,
    taskOf: (slotId) => core.occupied.get(slotId),
    transcriptOf: (slotId) => core.evenClosed(slotId)?.transcriptPath ?? null,
    store: (taskId, spent) => core.attempts.addSpent(taskId, spent),
    spent: governor.spent,
  });

  return {
    pauseOf: (slotId: SlotId): Pause | null => governor.pauseOf(slotId),
    lift: governor.lift,
    /** A hook of the slot's session came. */
    hookHeard: spending.transcriptGrew,
    /** The status line of the slot's session was drawn. */
    statusLineRead(
      slotId: SlotId,
      epoch: Epoch,
      line: {
        readonly sessionId: string | null;
        readonly costUsd: number | null;
        readonly windows: readonly RateLimitWindow[];
      },
    ): void {
      const sessionId = ClaudeSessionId.safeParse(line.sessionId).data;
      if (sessionId !== undefined && line.costUsd !== null)
        spending.costTold(slotId, epoch, sessionId, line.costUsd);
      const account = accountOf(slotId);
      if (account !== null) for (const window of line.windows) governor.windowTold({ account, ...window });
    },
    /** What was spent today, in all and by each slot. */
    today(): {
      readonly day: string;
      readonly all: Spent;
      readonly slots: readonly (readonly [SlotId, Spent])[];
    } {
      const day = localDay(core.now());
      return {
        day,
        all: ledger.spent({ day }),
        slots: [...core.runtimes.keys()].map((slotId) => [slotId, ledger.spent({ day, slotId })] as const),
      };
    },
  };
}

export type Governing = ReturnType<typeof createGoverning>;
