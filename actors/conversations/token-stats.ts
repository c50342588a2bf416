import { costOf, type Prices } from '../../services/conversations/prices.ts';
import type { TokenGroup, TokenRow } from '../../services/ledger/token-ledger.ts';
import type { TokenStatView } from './views.ts';

/** Models of one group together: each has its price. */
export function tokenStats(
  rows: readonly TokenRow[],
  group: TokenGroup | null,
  prices: Prices,
): readonly TokenStatView[] {
  const groups = new Map<string, TokenStatView>();
  for (const row of rows) {
    const cost = costOf(prices, row.model, row);
    const before = groups.get(row.key);
    const unpriced = [...(before?.unpriced ?? []), ...(cost === null ? [row.model] : [])];
    groups.set(row.key, {
      ...(group === null ? {} : { group_key: row.key }),
      total_input: (before?.total_input ?? 0) + row.input,
      total_cache_creation: (before?.total_cache_creation ?? 0) + row.cacheWrite + row.cacheWriteLong,
      total_cache_read: (before?.total_cache_read ?? 0) + row.cacheRead,
      total_output: (before?.total_output ?? 0) + row.output,
      record_count: (before?.record_count ?? 0) + row.answers,
      cost_usd: (before?.cost_usd ?? 0) + (cost ?? 0),
      ...(unpriced.length === 0 ? {} : { unpriced }),
    });
  }
  const all = [...groups.values()];
  return group === 'day'
    ? all.sort((a, b) => (a.group_key ?? '').localeCompare(b.group_key ?? ''))
    : all.sort((a, b) => b.total_output - a.total_output);
}
