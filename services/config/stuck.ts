import { z } from 'zod';

/** When a session at work counts as stuck, in minutes; each may be left out. */
export const StuckSchema = z.strictObject({
  afterMinutes: z.number().positive().optional(),
  /** While a tool runs. */
  toolMinutes: z.number().positive().optional(),
  /** How long each step of the ladder may take to help. */
  stepMinutes: z.number().positive().optional(),
  /** How long a task waits for a session that ended in its midst to come back. */
  recoverMinutes: z.number().positive().optional(),
});
type Stuck = z.output<typeof StuckSchema>;

/** Longer than any silence that a working session was seen to keep; a tool may print nothing for long. */
const AFTER_MINUTES = 10;
const TOOL_MINUTES = 30;
/** A session that can go on does so within seconds of being told. */
const STEP_MINUTES = 2;
/** Long enough for a person who was told to sign in there, or to close a dialog. */
const RECOVER_MINUTES = 60;

/** What counts for a slot: its own word, else that for all slots, else the usual. */
export function stuckOf(own: Stuck, all: Stuck) {
  return {
    afterMinutes: own.afterMinutes ?? all.afterMinutes ?? AFTER_MINUTES,
    toolMinutes: own.toolMinutes ?? all.toolMinutes ?? TOOL_MINUTES,
    stepMinutes: own.stepMinutes ?? all.stepMinutes ?? STEP_MINUTES,
    recoverMinutes: own.recoverMinutes ?? all.recoverMinutes ?? RECOVER_MINUTES,
  };
}
