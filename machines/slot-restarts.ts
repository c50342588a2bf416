import { backOffMs } from './back-off.ts';
import type { SlotContext } from './slot-context.ts';

/** Longest first pause before a slot that failed is started again; doubles with every further failure in a row. */
const FIRST_PAUSE_MS = 1_000;
/** A slot that keeps failing is tried about once a minute, until it is quarantined. */
const LONGEST_PAUSE_MS = 60_000;
/** So many failures within the window are no accident. */
const MOST_FAILURES = 5;
const WINDOW_MS = 10 * 60_000;
/** A quarantine ends by itself with one trial: what broke it (a full disk, a service that is down) may have passed. */
const QUARANTINE_MS = 30 * 60_000;

/** What the wall clock shows, epoch milliseconds, and a number from 0 to 1 that spreads what would begin together. */
export interface ClockLook {
  readonly at: number;
  readonly chance: number;
}

type Failures = Pick<SlotContext, 'crashes' | 'failedAt' | 'onTrial'>;

/** The failures that count at this time, this one included. */
function recent({ failedAt }: Failures, at: number): readonly number[] {
  // A clock that was set back leaves marks in the future; they count until the clock has come to them.
  return [...failedAt.filter((mark) => at - mark < WINDOW_MS), at];
}

/** Whether a slot that fails now is to be left alone. */
export function failsTooOften(slot: Failures, { at }: ClockLook): boolean {
  return slot.onTrial || recent(slot, at).length >= MOST_FAILURES;
}

/** A slot with one failure more. */
export function withFailure(slot: Failures, { at }: ClockLook): Pick<SlotContext, 'crashes' | 'failedAt'> {
  return { crashes: slot.crashes + 1, failedAt: recent(slot, at).slice(-MOST_FAILURES) };
}

/** The pause before the next start: twice as long after each failure in a row, and half of it by chance. */
export function pauseAfter({ crashes }: Failures, { at, chance }: ClockLook): SlotContext['pause'] {
  const longest = backOffMs(crashes, { firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS });
  const ms = Math.round(longest * (0.5 + chance / 2));
  return { until: at + ms, ms };
}

/** A slot that is left alone from now on, and why. */
export function quarantineFrom(
  { slotId, onTrial, failedAt, failure }: SlotContext,
  { at }: ClockLook,
): Pick<SlotContext, 'pause' | 'failure'> {
  const until = at + QUARANTINE_MS;
  const often = onTrial
    ? 'failed again after its quarantine'
    : `failed ${failedAt.length} times within ${WINDOW_MS / 60_000} minutes`;
  const last = failure === null ? '' : ` The last time: ${failure.message}`;
  return {
    pause: { until, ms: QUARANTINE_MS },
    failure: {
      code: 'slot_quarantined',
      message: `Slot ${slotId} ${often} and is left alone until ${new Date(until).toISOString()}.${last}`,
      remedy: `See \`missiond logs ${slotId}\`, mend the cause, and start it: \`missiond restart ${slotId}\`, or mission_pty_spawn.`,
    },
  };
}

/** What is left of a pause. A clock that was set back makes it no longer than it was. */
export function pauseLeft(pause: SlotContext['pause'], at: number): SlotContext['pause'] {
  return pause === null ? null : { ...pause, ms: Math.min(pause.ms, Math.max(0, pause.until - at)) };
}
