import { z } from 'zod';

const StatusLine = z.looseObject({
  version: z.string().nullish(),
  context_window: z.looseObject({ remaining_percentage: z.number().nullish() }).nullish(),
  cost: z.looseObject({ total_cost_usd: z.number().nullish() }).nullish(),
  session_id: z.string().nullish(),
  rate_limits: z.record(z.string(), z.unknown()).nullish().catch(null),
});

/**
 * Only subscribers have windows, from the first answer of the API on: `five_hour`, `seven_day`, each with a share in
 * percent and the time when it resets, epoch seconds (https://code.claude.com/docs/en/statusline).
 */
const RateLimit = z.looseObject({ used_percentage: z.number(), resets_at: z.number() });
const MS_PER_SECOND = 1_000;

export interface RateLimitWindow {
  readonly name: string;
  readonly usedPercent: number;
  /** Epoch milliseconds. */
  readonly resetsAt: number;
}

function windowsOf(limits: Readonly<Record<string, unknown>>): readonly RateLimitWindow[] {
  return Object.entries(limits).flatMap(([name, limit]) => {
    const parsed = RateLimit.safeParse(limit).data;
    if (parsed === undefined) return [];
    return [{ name, usedPercent: parsed.used_percentage, resetsAt: parsed.resets_at * MS_PER_SECOND }];
  });
}

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
    sessionId: line?.session_id ?? null,
    windows: windowsOf(line?.rate_limits ?? {}),
  };
}
