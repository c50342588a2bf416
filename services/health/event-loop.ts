import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What is told is of the last window that is over, or of this one while there was none. */
const WINDOW_MS = 60_000;
const RESOLUTION_MS = 20;
const NS_PER_MS = 1_000_000;

/** How much later than it should something happened, in milliseconds. */
export interface EventLoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** Watches how long the loop of this process keeps others waiting. */
export function createEventLoopWatch() {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let last: EventLoopDelay | undefined;
  const ms = (ns: number): number =>
    Number.isFinite(ns) ? Math.max(0, Math.round(ns / NS_PER_MS - RESOLUTION_MS)) : 0;
  const now = (): EventLoopDelay => ({
    p50: ms(histogram.percentile(50)),
    p99: ms(histogram.percentile(99)),
    most: ms(histogram.max),
  });
  return {
    delay: (): EventLoopDelay => last ?? now(),
    /** @returns how it ends */
    start(): () => void {
      histogram.enable();
      const timer = setInterval(() => {
        last = now();
        histogram.reset();
      }, WINDOW_MS);
      timer.unref();
      return () => {
        clearInterval(timer);
        histogram.disable();
      };
    },
  };
}

export type EventLoopWatch = ReturnType<typeof createEventLoopWatch>;
