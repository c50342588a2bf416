import type { Sample } from './prometheus-text.ts';

/** Seconds. A hook is answered within milliseconds; one that waits for a person is beyond them all. */
const BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30] as const;

/** Counts how long something took, as Prometheus wants it. */
export function createLatencyHistogram() {
  const counts = BOUNDS.map(() => 0);
  let [all, sum] = [0, 0];
  return {
    observe(seconds: number): void {
      all += 1;
      sum += seconds;
      const first = BOUNDS.findIndex((bound) => seconds <= bound);
      if (first !== -1) counts[first] = (counts[first] ?? 0) + 1;
    },
    samples(): readonly Sample[] {
      let below = 0;
      const buckets = BOUNDS.map((bound, index): Sample => {
        below += counts[index] ?? 0;
        return { suffix: '_bucket', labels: { le: String(bound) }, value: below };
      });
      return [
        ...buckets,
        { suffix: '_bucket', labels: { le: '+Inf' }, value: all },
        { suffix: '_sum', value: sum },
        { suffix: '_count', value: all },
      ];
    },
  };
}
