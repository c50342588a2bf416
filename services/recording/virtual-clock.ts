interface Timer {
  readonly at: number;
  readonly task: () => void;
}

/**
 * A clock that only moves when told. XState's SimulatedClock jumps to the new time before it runs what was due, so a
 * timer set by another timer would start late; this one stops at every timer on its way.
 * Fits XState's `Clock` and the screen reader's.
 */
export function createVirtualClock() {
  const timers = new Map<number, Timer>();
  let now = 0;
  let nextId = 1;

  function earliest(until: number): [number, Timer] | undefined {
    let found: [number, Timer] | undefined;
    for (const entry of timers) {
      if (entry[1].at <= until && (found === undefined || entry[1].at < found[1].at)) found = entry;
    }
    return found;
  }

  const clock = {
    now: (): number => now,
    setTimeout(task: () => void, ms: number): number {
      const id = nextId++;
      timers.set(id, { at: now + ms, task });
      return id;
    },
    clearTimeout(id: number): void {
      timers.delete(id);
    },
    schedule(task: () => void, ms: number): () => void {
      const id = clock.setTimeout(task, ms);
      return () => clock.clearTimeout(id);
    },
    /** Moves to `time` (milliseconds), running everything that falls due on the way, in order. Never moves back. */
    moveTo(time: number): void {
      for (let due = earliest(time); due !== undefined; due = earliest(time)) {
        const [id, timer] = due;
        timers.delete(id);
        now = Math.max(now, timer.at);
        timer.task();
      }
      now = Math.max(now, time);
    },
  };
  return clock;
}

export type VirtualClock = ReturnType<typeof createVirtualClock>;
