import { localDay } from '../calendar/local-day.ts';
import { costOf, type Prices } from '../conversations/prices.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { RouterLedger } from '../ledger/router-ledger.ts';
import type { Choice } from './choose-backends.ts';

const MILLION = 1_000_000;

export interface Counted {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** A call that is being paid for. */
export interface Bill {
  /** @returns what it has cost; null without a price */
  settle(used: Counted, outcome: 'done' | 'failed' | 'cancelled'): number | null;
}

/** What calls cost, and whether there is money for another one. */
export function createPurse({
  ledger,
  prices,
  budget,
  now,
  onError,
}: {
  readonly ledger: RouterLedger;
  /** Of models that router.yaml names no price of. */
  readonly prices: () => Prices;
  /** Dollars a day; null for as many as it takes. */
  readonly budget: () => number | null;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}) {
  /** What tokens of a model cost, by the prices of now; null without one. */
  function costBy({ model, price }: Choice): (used: Counted) => number | null {
    if (price !== undefined)
      return ({ inputTokens, outputTokens }) =>
        (inputTokens * price.input + outputTokens * price.output) / MILLION;
    const table = prices();
    return ({ inputTokens, outputTokens }) =>
      costOf(table, model, {
        input: inputTokens,
        output: outputTokens,
        cacheRead: 0,
        cacheWrite: 0,
        cacheWriteLong: 0,
      });
  }

  /** @throws MissionError `database_failed`: what nobody would know of is not paid for */
  function begun(call: Parameters<RouterLedger['begin']>[0]): number {
    try {
      return ledger.begin(call);
    } catch (cause) {
      throw new MissionError('database_failed', 'The call cannot be written down, so it is not made.', {
        remedy: 'Make room on the disk of the database.',
        cause,
      });
    }
  }

  const spent = (): { readonly day: string; readonly usd: number } => {
    const day = localDay(now());
    return { day, usd: ledger.spent(day) };
  };
  /** Calls that this daemon has under way. */
  const underWay = new Set<number>();

  return {
    spent,

    /** Calls of today over which a daemon was killed: nobody knows whether they were paid. */
    unknown: () => ledger.unended(localDay(now()), underWay),

    /** @throws MissionError `router_budget_spent` */
    mustHaveMoney(): void {
      const most = budget();
      if (most === null) return;
      const { usd } = spent();
      if (usd < most) return;
      throw new MissionError(
        'router_budget_spent',
        `$${usd.toFixed(2)} of the $${most.toFixed(2)} that the router may spend today are spent or set aside for calls under way.`,
        { remedy: 'Wait until tomorrow, or raise daily_budget_usd in router.yaml.' },
      );
    },

    /** Why it cannot be paid for: where money is counted, nothing of unknown price is bought. */
    unpayable(choice: Choice): string | null {
      if (budget() === null || costBy(choice)({ inputTokens: 0, outputTokens: 0 }) !== null) return null;
      return `no price is known of ${choice.model}, and daily_budget_usd is set: name its price (0 if it costs nothing)`;
    },

    /** Puts a call down with the most that it may cost, before it is made. */
    open(choice: Choice, kind: 'chat' | 'embed', atMost: Counted): Bill {
      // By one table from beginning to end: prices.yaml may be broken when the answer comes.
      const cost = costBy(choice);
      const id = begun({
        day: localDay(now()),
        startedAt: now(),
        kind,
        fromBackend: choice.from.settings.name,
        model: choice.model,
        reservedUsd: cost(atMost),
      });
      underWay.add(id);
      return {
        settle(used, outcome) {
          underWay.delete(id);
          const costUsd = cost(used);
          try {
            ledger.end(id, { ...used, costUsd, outcome, endedAt: now() });
          } catch (error) {
            // A full disk is no reason to lose the answer.
            onError(error);
          }
          return costUsd;
        },
      };
    },
  };
}

export type Purse = ReturnType<typeof createPurse>;
