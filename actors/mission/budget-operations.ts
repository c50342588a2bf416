import type { Spent } from '../../services/ledger/spending-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { Governing } from '../governor/create-governing.ts';
import type { Mission } from './api.ts';
import type { SpendingView } from './views.ts';

function spentView({ usd, tokens }: Spent): SpendingView['all'] {
  return {
    usd,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    cacheReadTokens: tokens.cacheRead,
    cacheWriteTokens: tokens.cacheWrite,
  };
}

/** Showing what was spent, and letting go on what was paused for it. */
export function createBudgetOperations(
  core: MissionCore,
  governing: Governing,
): Pick<Mission, 'spending' | 'resume'> {
  return {
    spending() {
      const { day, all, slots } = governing.today();
      return {
        day,
        all: spentView(all),
        slots: slots.map(([slotId, spent]) => ({
          slotId,
          spent: spentView(spent),
          paused: core.view(slotId).paused,
        })),
      };
    },

    resume(slotId) {
      core.runtime(slotId);
      if (governing.lift(slotId)) return { resumed: true };
      return { resumed: false, hint: `Slot ${slotId} was not paused.` };
    },
  };
}
