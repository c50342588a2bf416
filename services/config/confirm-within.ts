import { z } from 'zod';

/** Longer than that a person is not away without saying so; `never` waits as long as it takes. */
const MOST_MINUTES = 7 * 24 * 60;
/** As long as Claude Code itself waits for the hook by which it asks. */
const WITHIN_MINUTES = 60;

/** After how many minutes a question that nobody has answered is denied. */
export const ConfirmWithin = z.union([z.number().positive().max(MOST_MINUTES), z.literal('never')], {
  error: `a number of minutes (${MOST_MINUTES} at most), or never`,
});
type ConfirmWithin = z.output<typeof ConfirmWithin>;

/** What counts for a slot: its own word, else that for all slots, else the usual; null for never. */
export function confirmWithinOf(
  own: ConfirmWithin | undefined,
  all: ConfirmWithin | undefined,
): number | null {
  const within = own ?? all ?? WITHIN_MINUTES;
  return within === 'never' ? null : within;
}
