import type { MissionDatabase } from '../../../db/open.ts';
import type { Prices } from '../../../services/conversations/prices.ts';
import { createRouterLedger } from '../../../services/ledger/router-ledger.ts';
import type { Router } from '../../../services/router/api.ts';
import { createRouter } from '../../../services/router/create-router.ts';
import type { RouterSettings } from '../../../services/router/read-settings.ts';
import { RouterFile } from '../../../services/router/settings-schema.ts';

/** A router whose router.yaml says `file`, with the keys of its backends by their names. */
export function routerOf(
  file: object,
  db: MissionDatabase,
  {
    keys = {},
    prices = () => ({}),
    now = Date.now,
  }: { keys?: Readonly<Record<string, string>>; prices?: () => Prices; now?: () => number } = {},
): Router {
  const { backends, daily_budget_usd } = RouterFile.parse(file);
  const settings: RouterSettings = {
    backends: backends.map((backend) => ({ settings: backend, key: keys[backend.name] ?? null })),
    dailyBudgetUsd: daily_budget_usd ?? null,
  };
  return createRouter({
    settings: () => ({ settings, problem: null }),
    ledger: createRouterLedger(db),
    prices,
    now,
    onError(error) {
      throw error;
    },
  });
}
