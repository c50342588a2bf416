import type { Neighbours, StartNeighbours } from '../../services/knowledge/start-neighbours.ts';
import type { NeighbourQuestion } from '../../services/ledger/vector-search.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A thread that ran so long has not failed at its start. */
const RAN_WELL_MS = 60_000;
/** Who comes when so many wait already would be late. */
const MOST_WAITING = 4;

export interface NeighbourCareDependencies {
  readonly startNeighbours: StartNeighbours;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** Keeps the thread that compares vectors alive. */
export function createNeighbourCare({ startNeighbours, now, onError }: NeighbourCareDependencies) {
  let neighbours: Neighbours | undefined;
  let isReady = false;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let waiting = 0;
  let isClosed = false;
  let problem: string | undefined;

  function begin(): void {
    timer = undefined;
    const startedAt = now();
    let isOfNoUse = false;
    neighbours = startNeighbours({
      ready() {
        isReady = true;
        problem = undefined;
      },
      unavailable(message) {
        isOfNoUse = true;
        problem = `sqlite-vec does not work here, so entries are found by their words alone: ${message}`;
        onError(new Error(problem));
      },
      ended(error) {
        neighbours = undefined;
        isReady = false;
        if (isClosed || isOfNoUse) return;
        problem = 'the thread that compares vectors has ended; it is started again';
        onError(error ?? new Error(problem));
        failures = now() - startedAt > RAN_WELL_MS ? 1 : failures + 1;
        timer = setTimeout(begin, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)));
        timer.unref();
      },
    });
  }

  return {
    start: begin,
    problem: () => problem,
    /** False until it has begun, and for good where it cannot. */
    isReady: () => isReady,
    /** Whether it would answer soon. */
    isFree: () => isReady && waiting < MOST_WAITING,
    async nearest(question: NeighbourQuestion): Promise<readonly number[]> {
      if (neighbours === undefined) throw new Error('the thread that compares vectors does not run');
      waiting += 1;
      try {
        return await neighbours.nearest(question);
      } finally {
        waiting -= 1;
      }
    },
    async close(): Promise<void> {
      isClosed = true;
      clearTimeout(timer);
      await neighbours?.close();
    },
  };
}

export type NeighbourCare = ReturnType<typeof createNeighbourCare>;
