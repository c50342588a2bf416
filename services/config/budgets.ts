import { z } from 'zod';
import { Role } from '../../db/ids.ts';

/** A cap on what may be spent. Tokens: input, output and what is written to the cache; reads of the cache are not counted. */
export const Cap = z
  .strictObject({
    usd: z.number().positive().optional(),
    tokens: z.number().int().positive().optional(),
  })
  .refine(({ usd, tokens }) => usd !== undefined || tokens !== undefined, 'name usd, tokens or both');
export type Cap = z.output<typeof Cap>;

const percent = z.number().min(1).max(100);

/** `budgets:` of slots.yaml. */
export const BudgetsSchema = z.strictObject({
  /** All slots together, on one day (midnight to midnight, local time). */
  day: Cap.optional(),
  /** Each slot, on one day. */
  slot: Cap.optional(),
  /** All slots of a role together, on one day. */
  roles: z.partialRecord(Role, Cap).default({}),
  /** Each task, in all its attempts. */
  task: Cap.optional(),
  /** From this share of a cap on the inbox is told. */
  warnAtPercent: percent.default(80),
  /** `pause`: what runs goes on to its end, and nothing new begins. `stop`: what runs is interrupted, too. */
  whenSpent: z.enum(['pause', 'stop']).default('pause'),
  /** Of a usage window of the account (five hours, seven days), as the status line tells it: from here on nothing new begins. */
  pauseAtWindowPercent: percent.default(95),
  /** False: what was parked waits for a person when the window resets. */
  resumeWhenWindowResets: z.boolean().default(true),
});
export type Budgets = z.output<typeof BudgetsSchema>;
