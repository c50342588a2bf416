import { backOffMs } from '../machines/back-off.ts';

const BACK_OFF = { firstMs: 1_000, longestMs: 60_000 };
/** A thread that ran so long has not failed at its start. */
const RAN_WELL_MS = 60_000;

export interface ThreadCareDependencies<Thread> {
  /** Starts the thread; it says when it has ended, asked to or not. */
  readonly begin: (ended: (error: unknown) => void) => Thread;
  /** Told that it has ended, and after how many milliseconds it is begun again; null when it is not. */
  readonly ended: (error: unknown, pauseMs: number | null) => void;
  readonly now: () => number;
}

/** Begins a thread again when it ends unasked, after a pause that grows while it fails at its start. */
export function createThreadCare<Thread extends { close(): Promise<void> }>({
  begin,
  ended,
  now,
}: ThreadCareDependencies<Thread>) {
  let thread: Thread | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let isOver = false;

  function start(): void {
    const startedAt = now();
    thread = begin((error) => {
      thread = undefined;
      if (isOver) return ended(error, null);
      failures = now() - startedAt > RAN_WELL_MS ? 1 : failures + 1;
      const pauseMs = backOffMs(failures, BACK_OFF);
      timer = setTimeout(start, pauseMs);
      timer.unref();
      ended(error, pauseMs);
    });
  }

  return {
    start,
    /** Undefined while it does not run. */
    running: () => thread,
    /** It may run on, and is not begun again. */
    giveUp(): void {
      isOver = true;
    },
    /** Resolves when it has ended, and is not begun again. */
    async close(): Promise<void> {
      isOver = true;
      clearTimeout(timer);
      await thread?.close();
    },
  };
}
