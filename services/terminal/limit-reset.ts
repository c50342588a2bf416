/** `resets 3pm`, `resets 3:30pm (Europe/Berlin)`, `resets Dec 4, 3pm`, `resets Jan 2, 2027, 3pm`; a blank may be U+202F. */
const RESETS =
  /\bresets\s+(?:at\s+)?(?:([A-Z][a-z]{2})[a-z]*\s+(\d{1,2}),?\s+(?:(\d{4}),?\s+)?(?:at\s+)?)?(\d{1,2})(?::(\d{2}))?\s*([ap])m(?:\s+\(([\w/+-]+)\))?/i;
/** `Claude AI usage limit reached|1736971200`: seconds of the epoch, as versions before 2 say it. */
const EPOCH_SECONDS = /limit reached\|(\d{10})\b/i;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAY_MS = 24 * 60 * 60_000;
/** A date without a year that lies further back than this is one of the next year. */
const LONG_AGO_MS = 180 * DAY_MS;

/** A moment as a clock on the wall shows it. `month` counts from 0. */
interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const asUtc = ({ year, month, day, hour, minute }: WallTime): number =>
  Date.UTC(year, month, day, hour, minute);

/** What the clocks of a time zone show. Undefined: the zone of this machine. */
function wallTime(at: number, timeZone: string | undefined): WallTime {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((one) => one.type === type)?.value);
  return {
    year: part('year'),
    month: part('month') - 1,
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
  };
}

/** When the clocks of a time zone show this. Twice corrected: the first guess may lie on the other side of a change of summer time. */
function instantOf(wall: WallTime, timeZone: string | undefined): number {
  let instant = asUtc(wall);
  for (let correction = 0; correction < 2; correction += 1)
    instant += asUtc(wall) - asUtc(wallTime(instant, timeZone));
  return instant;
}

function knownZone(name: string | undefined): string | undefined {
  try {
    if (name !== undefined) new Intl.DateTimeFormat('en-US', { timeZone: name });
    return name;
  } catch {
    return undefined;
  }
}

/** A time that has just passed when the words come: the clocks differ, or the time was rounded. */
const JUST_NOW_MS = 60 * 60_000;
/** Then it is tried again after this. */
const TRY_AGAIN_MS = 5 * 60_000;

/** The named time, unless it has just passed. */
function notJustNow(named: number, at: number): number {
  return named <= at && at - named < JUST_NOW_MS ? at + TRY_AGAIN_MS : named;
}

/**
 * When a usage limit ends, by the words in which Claude Code told of it.
 * @param at epoch milliseconds when the words came: a time without a date is the next such time after it
 * @returns epoch milliseconds; null when the words do not say
 */
export function limitResetsAt(words: string, at: number): number | null {
  const seconds = EPOCH_SECONDS.exec(words)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1_000;
  const match = RESETS.exec(words);
  if (match === null) return null;
  const [, monthName, dayOfMonth, yearNumber, hours, minutes, half, zone] = match;
  const timeZone = knownZone(zone);
  const today = wallTime(at, timeZone);
  const hour = (Number(hours) % 12) + (half?.toLowerCase() === 'p' ? 12 : 0);
  const time = { hour, minute: Number(minutes ?? 0) };
  const month = MONTHS.indexOf(monthName?.toLowerCase() ?? '');
  if (dayOfMonth === undefined || month < 0) {
    const soon = instantOf({ ...today, ...time }, timeZone);
    if (at - soon < JUST_NOW_MS) return notJustNow(soon, at);
    return soon > at ? soon : instantOf({ ...today, day: today.day + 1, ...time }, timeZone);
  }
  const date = { year: Number(yearNumber ?? today.year), month, day: Number(dayOfMonth), ...time };
  const named = instantOf(date, timeZone);
  const isPast = yearNumber === undefined && named < at - LONG_AGO_MS;
  return isPast ? instantOf({ ...date, year: date.year + 1 }, timeZone) : notJustNow(named, at);
}
