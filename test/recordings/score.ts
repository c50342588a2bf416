/** One change of state: seconds from the start, and the state from then on. */
export interface Change {
  readonly t: number;
  readonly state: string;
}

/** The truth of a recording; `shown` says when an answer's text first stood on the screen. */
export interface Truth extends Change {
  readonly shown?: number;
}

export interface Score {
  /** Share of the scored time in which the state was right. */
  readonly accuracy: number;
  /** The same with thinking, responding and tool_running taken as one. */
  readonly busyMerged: number;
  /** Wrong time in seconds, by `true->detected`. */
  readonly wrong: Readonly<Record<string, number>>;
}

/** Time after a true change in which the screen may still be drawing it, in seconds. */
const TOLERANCE = 0.35;
/** Shorter states cannot be seen. */
const SHORT = 0.45;
const NOT_SCORED: ReadonlySet<string> = new Set(['starting', 'unknown', 'end']);

const coarse = (state: string): string =>
  ['thinking', 'responding', 'tool_running'].includes(state) ? 'busy' : state;

/** Compares a timeline with the truth, weighted by time. Until an answer's text stands on the screen, thinking is right for responding. */
export function score(truth: readonly Truth[], detected: readonly Change[]): Score {
  let total = 0;
  let right = 0;
  let busyRight = 0;
  const wrong: Record<string, number> = {};
  for (const [index, { t, state, shown }] of truth.entries()) {
    const next = truth[index + 1];
    const end = next?.t ?? t;
    // A tool that ends in a dialog never ran: what the screen shows between is neither.
    if (
      NOT_SCORED.has(state) ||
      end - t < SHORT ||
      (state === 'tool_running' && next?.state === 'confirming')
    )
      continue;
    for (const [position, change] of detected.entries()) {
      const until = Math.min(detected[position + 1]?.t ?? Number.POSITIVE_INFINITY, end);
      const from = Math.max(change.t, t + TOLERANCE);
      const time = until - from;
      if (time <= 0) continue;
      const hiddenUntil = Math.min(until, (shown ?? Number.POSITIVE_INFINITY) + TOLERANCE);
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
  return { accuracy: right / total, busyMerged: busyRight / total, wrong };
}
