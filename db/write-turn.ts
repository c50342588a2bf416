/** Whoever holds the database for longer than this is not waited for: SQLite's own lock decides then. */
const LONGEST_WAIT_MS = 200;

/**
 * Lets a thread that writes much stand back for one that must not wait. SQLite's lock is asked for again and again with
 * growing pauses, so that a writer who hardly ever lets go of it would keep the other one waiting for long.
 */
export interface WriteTurn {
  /** Shared with the other thread. */
  readonly shared: SharedArrayBuffer;
  /** Writes at once; the others stand back until it is done. */
  first<Result>(work: () => Result): Result;
  /** Blocks this thread while somebody writes at once. Asked before each transaction. */
  standBack(): void;
}

export function createWriteTurn(shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)): WriteTurn {
  const writers = new Int32Array(shared);
  return {
    shared,
    first(work) {
      Atomics.add(writers, 0, 1);
      try {
        return work();
      } finally {
        Atomics.sub(writers, 0, 1);
        Atomics.notify(writers, 0);
      }
    },
    standBack() {
      const count = Atomics.load(writers, 0);
      if (count > 0) Atomics.wait(writers, 0, count, LONGEST_WAIT_MS);
    },
  };
}
