/** One change of state: seconds from the start, and the state from then on. */
export interface Change {
  readonly t: number;
  readonly state: string;
}

/** The truth of a recording; `shown` says when an answer's text first stood on the screen. */
export interface Truth extends Change {
  readonly shown?: number;
}

/** A stretch of time that is scored. */
interface Span extends Truth {
  readonly end: number;
}

export interface Score {
  /** Seconds that were scored. */
  readonly scored: number;
  /** Share of the scored time in which the state was right. */
  readonly accuracy: number;
  /** The same with thinking, responding and tool_running taken as one. */
  readonly busyMerged: number;
  /** True states that were never detected while they lasted. */
  readonly missed: readonly string[];
  /** Wrong time in seconds, by `true->detected`. */
  readonly wrong: Readonly<Record<string, number>>;
}

/** Time after a true change in which the screen may still be drawing it, in seconds. */
export const TOLERANCE = 0.35;
/** Shorter states cannot be seen. */
const SHORT = 0.45;
const NOT_SCORED: ReadonlySet<string> = new Set(['starting', 'unknown', 'end']);

const coarse = (state: string): string =>
  ['thinking', 'responding', 'tool_running'].includes(state) ? 'busy' : state;

/** A tool that ends in a dialog never ran: what the screen shows between is neither. */
function spansOf(truth: readonly Truth[]): Span[] {
  return truth.flatMap((change, index) => {
    const next = truth[index + 1];
    const end = next?.t ?? change.t;
    const neverRan = change.state === 'tool_running' && next?.state === 'confirming';
    return NOT_SCORED.has(change.state) || end - change.t < SHORT || neverRan ? [] : [{ ...change, end }];
  });
}

function wasMissed({ t, end, state, shown }: Span, detected: readonly Change[]): boolean {
  if (state === 'responding' && (shown === undefined || end - shown < SHORT)) return false;
  return !detected.some(
    (change, at) =>
      change.state === state && change.t < end && (detected[at + 1]?.t ?? Number.POSITIVE_INFINITY) > t,
  );
}

/** Compares a timeline with the truth, weighted by time. Until an answer's text stands on the screen, thinking is right for responding. */
export function score(truth: readonly Truth[], detected: readonly Change[], tolerance = TOLERANCE): Score {
  let total = 0;
  let right = 0;
  let busyRight = 0;
  const wrong: Record<string, number> = {};
  const spans = spansOf(truth);
  for (const { t, state, shown, end } of spans) {
    for (const [position, change] of detected.entries()) {
      const until = Math.min(detected[position + 1]?.t ?? Number.POSITIVE_INFINITY, end);
      const from = Math.max(change.t, t + tolerance);
      const time = until - from;
      if (time <= 0) continue;
      const hiddenUntil = Math.min(until, (shown ?? Number.POSITIVE_INFINITY) + tolerance);
      const hidden =
        state === 'responding' && change.state === 'thinking' ? Math.max(0, hiddenUntil - from) : 0;
      const good = change.state === state ? time : Math.min(time, hidden);
      total += time;
      right += good;
      if (coarse(change.state) === coarse(state)) busyRight += time;
      if (good < time)
        wrong[`${state}->${change.state}`] = (wrong[`${state}->${change.state}`] ?? 0) + time - good;
    }
  }
  return {
    scored: total,
    accuracy: total === 0 ? 1 : right / total,
    busyMerged: total === 0 ? 1 : busyRight / total,
    missed: spans
      .filter((span) => wasMissed(span, detected))
      .map(({ state, t }) => `${state} at ${t.toFixed(1)} s`),
    wrong,
  };
}
