import { expect, test } from 'vitest';
import { limitResetsAt } from '../../../services/terminal/limit-reset.ts';

const at = (iso: string): number => Date.parse(iso);
/** A Monday noon in Berlin, summer time. */
const NOON = at('2026-06-15T12:00:00+02:00');

test.each([
  ["You've hit your limit · resets 3pm (Europe/Berlin)", '2026-06-15T15:00:00+02:00'],
  ['5-hour limit reached ∙ resets 3:30pm (Europe/Berlin)', '2026-06-15T15:30:00+02:00'],
  // Earlier than now: tomorrow.
  ["You've hit your limit · resets 11am (Europe/Berlin)", '2026-06-16T11:00:00+02:00'],
  ["You've hit your limit · resets 12am (Europe/Berlin)", '2026-06-16T00:00:00+02:00'],
  ["You've hit your limit · resets 12pm (America/New_York)", '2026-06-15T12:00:00-04:00'],
  ["You've hit your weekly limit · resets Jun 18, 9am (Europe/Berlin)", '2026-06-18T09:00:00+02:00'],
  ["You've hit your weekly limit · resets Jun 18 at 9am (Europe/Berlin)", '2026-06-18T09:00:00+02:00'],
  // The other side of the change to winter time, and of the year.
  ["You've hit your limit · resets Dec 4, 9am (Europe/Berlin)", '2026-12-04T09:00:00+01:00'],
  ["You've hit your limit · resets Jan 2, 9am (Europe/Berlin)", '2026-01-02T09:00:00+01:00'],
  ["You've hit your limit · resets Jan 2, 2027, 9am (Europe/Berlin)", '2027-01-02T09:00:00+01:00'],
  ['Claude AI usage limit reached|1781600000', new Date(1_781_600_000_000).toISOString()],
])('%s', (words, expected) => {
  const asked = words.includes('Jan 2, 9am') ? at('2025-12-30T12:00:00+01:00') : NOON;
  expect(limitResetsAt(words, asked)).toBe(at(expected));
});

test.each(["You've hit your limit · resets 12pm (Europe/Berlin)", 'resets Jun 15, 12pm (Europe/Berlin)'])(
  'a time that has just passed is tried again soon, not tomorrow: %s',
  (words) => {
    expect(limitResetsAt(words, NOON + 1_000)).toBe(NOON + 1_000 + 5 * 60_000);
  },
);

/** Without a zone, or with one that is not known, it is this machine's own time. */
test.each([
  "You've hit your limit · resets 3pm",
  // U+202F, as newer tables of locales write it.
  "You've hit your limit · resets 3\u202fpm",
  "You've hit your limit · resets 3pm (No/Such)",
])('%s', (words) => {
  const soon = limitResetsAt(words, NOON) ?? 0;
  expect(new Date(soon).getHours()).toBe(15);
  expect(soon - NOON).toBeGreaterThan(0);
  expect(soon - NOON).toBeLessThanOrEqual(24 * 60 * 60_000);
});

test.each(["You've hit your limit", 'resets soon'])('words that name no time: %s', (words) => {
  expect(limitResetsAt(words, NOON)).toBeNull();
});
