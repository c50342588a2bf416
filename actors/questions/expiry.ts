import type { QuestionId } from '../../db/ids.ts';

/** A dialog that could not be answered by keys when its time was over is tried again after this. */
const AGAIN_AFTER_MS = 60_000;

/** What time does to questions: each is denied at its hour, and once more a minute later while it still stands. */
export function createExpiry(options: {
  readonly now: () => number;
  /** Denies the question; nothing happens to one that has gone. */
  readonly deny: (id: QuestionId) => Promise<void>;
  readonly onError: (error: unknown) => void;
}) {
  const timers = new Map<QuestionId, NodeJS.Timeout>();

  function arm(id: QuestionId, waitMs: number): void {
    clearTimeout(timers.get(id));
    timers.set(
      id,
      setTimeout(() => {
        // Armed before it is tried: what closes the question takes this one away again.
        arm(id, AGAIN_AFTER_MS);
        options.deny(id).catch(options.onError);
      }, waitMs),
    );
  }

  return {
    /** `expiresAt`: epoch milliseconds; undefined for what waits as long as it takes. */
    watch(id: QuestionId, expiresAt: number | undefined): void {
      if (expiresAt !== undefined) arm(id, Math.max(0, expiresAt - options.now()));
    },
    forget(id: QuestionId): void {
      clearTimeout(timers.get(id));
      timers.delete(id);
    },
    dispose(): void {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
