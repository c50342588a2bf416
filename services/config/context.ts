import { z } from 'zod';

/** What is done when the context of a session is nearly used up; each may be left out. */
export const ContextSchema = z.strictObject({
  handOverBelowPercent: z.number().min(0).max(100).optional(),
  /** `handOver`: the session writes down what a fresh one must know. `compact`: Claude Code sums the conversation up. */
  by: z.enum(['handOver', 'compact', 'nothing']).optional(),
});
type Context = z.output<typeof ContextSchema>;

/** Below this Claude Code compacts soon by itself, in the middle of a turn. */
const BELOW_PERCENT = 10;

/** What counts for a slot: its own word, else that for all slots, else the usual. */
export function contextOf(own: Context, all: Context) {
  return {
    handOverBelowPercent: own.handOverBelowPercent ?? all.handOverBelowPercent ?? BELOW_PERCENT,
    by: own.by ?? all.by ?? ('handOver' as const),
  };
}
