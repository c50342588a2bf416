import { z } from 'zod';

const StatusLine = z.looseObject({
  version: z.string().nullish(),
  context_window: z.looseObject({ remaining_percentage: z.number().nullish() }).nullish(),
  cost: z.looseObject({ total_cost_usd: z.number().nullish() }).nullish(),
});

/** What Claude Code tells its status line, as far as missiond uses it, and the row that is shown for it. */
export function readStatusLine(body: unknown) {
  const line = StatusLine.safeParse(body).data;
  const contextLeftPercent = line?.context_window?.remaining_percentage ?? null;
  return {
    row:
      contextLeftPercent === null ? 'missiond' : `missiond · ${Math.round(contextLeftPercent)}% context left`,
    contextLeftPercent,
    costUsd: line?.cost?.total_cost_usd ?? null,
    version: line?.version ?? null,
  };
}
