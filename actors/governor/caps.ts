import type { Cap } from '../../services/config/budgets.ts';
import type { Spent } from '../../services/ledger/spending-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';

/** The budget that a task was submitted with. */
export function capOf(task: Pick<TaskRow, 'budgetUsd' | 'budgetTokens'> | undefined): Cap | undefined {
  const { budgetUsd = null, budgetTokens = null } = task ?? {};
  if (budgetUsd === null && budgetTokens === null) return undefined;
  return {
    ...(budgetUsd === null ? {} : { usd: budgetUsd }),
    ...(budgetTokens === null ? {} : { tokens: budgetTokens }),
  };
}

export type CapState = 'open' | 'warned' | 'spent';

/** How a cap stands, and in words how much of it is gone. */
export interface CapStanding {
  readonly state: CapState;
  readonly words: string;
}

const OPEN: CapStanding = { state: 'open', words: '' };

/** Reads of the cache cost a tenth and come with every request: they are no measure of work. */
const countedTokens = ({ tokens }: Spent): number => tokens.input + tokens.output + tokens.cacheWrite;

function standing(spent: number, cap: number, warnAtPercent: number): CapState {
  if (spent >= cap) return 'spent';
  return (100 * spent) / cap >= warnAtPercent ? 'warned' : 'open';
}

const RANK: Readonly<Record<CapState, number>> = { open: 0, warned: 1, spent: 2 };

/** How much of a cap is gone; of money and tokens whichever stands worse. */
export function judgeCap(cap: Cap | undefined, spent: Spent, warnAtPercent: number): CapStanding {
  if (cap === undefined) return OPEN;
  const standings: readonly CapStanding[] = [
    cap.usd === undefined
      ? OPEN
      : {
          state: standing(spent.usd, cap.usd, warnAtPercent),
          words: `$${spent.usd.toFixed(2)} of $${cap.usd.toFixed(2)}`,
        },
    cap.tokens === undefined
      ? OPEN
      : {
          state: standing(countedTokens(spent), cap.tokens, warnAtPercent),
          words: `${countedTokens(spent)} of ${cap.tokens} tokens`,
        },
  ];
  return standings.reduce((worst, each) => (RANK[each.state] > RANK[worst.state] ? each : worst), OPEN);
}
