import { z } from 'zod';
import { SlotId } from '../../db/ids.ts';

const HealthResult = z.enum(['ok', 'warn', 'fail']);

/** One look at the daemon. */
export const HealthCheck = z.object({
  check: z.string(),
  result: HealthResult,
  detail: z.string(),
  /** What to do about it. */
  remedy: z.string().optional(),
});
export type HealthCheck = z.infer<typeof HealthCheck>;

/** How the daemon is. */
export const HealthView = z.object({
  status: HealthResult.describe('Of the worst check.'),
  checks: z.array(HealthCheck),
  uptime: z.number().describe('Seconds since this daemon began.'),
  wsPort: z.number().int(),
  pty: z.array(z.object({ slotId: SlotId, state: z.string(), pid: z.number().optional() })),
  versions: z.object({
    missiond: z.string(),
    node: z.string(),
    sqlite: z.string().optional(),
    /** How many migrations the database has. */
    schema: z.number().int().optional(),
    /** Those that run in slots now. */
    claude: z.array(z.string()),
  }),
});
export type HealthView = z.infer<typeof HealthView>;
