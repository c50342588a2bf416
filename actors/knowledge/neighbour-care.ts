import type { Neighbours, StartNeighbours } from '../../services/knowledge/start-neighbours.ts';
import type { NeighbourQuestion } from '../../services/ledger/vector-search.ts';
import { createThreadCare } from '../thread-care.ts';

/** Who comes when so many wait already would be late. */
const MOST_WAITING = 4;

export interface NeighbourCareDependencies {
  readonly startNeighbours: StartNeighbours;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** Keeps the thread that compares vectors alive. */
export function createNeighbourCare({ startNeighbours, now, onError }: NeighbourCareDependencies) {
  let isReady = false;
  let waiting = 0;
  let problem: string | undefined;

  const care = createThreadCare<Neighbours>({
    now,
    begin: (ended) =>
      startNeighbours({
        ready() {
          isReady = true;
          problem = undefined;
        },
        unavailable(message) {
          care.giveUp();
          problem = `sqlite-vec does not work here, so entries are found by their words alone: ${message}`;
          onError(new Error(problem));
        },
        ended,
      }),
    ended(error, pauseMs) {
      isReady = false;
      if (pauseMs === null) return;
      problem = 'the thread that compares vectors has ended; it is started again';
      onError(error ?? new Error(problem));
    },
  });

  return {
    start: care.start,
    problem: () => problem,
    /** False until it has begun, and for good where it cannot. */
    isReady: () => isReady,
    /** Whether it would answer soon. */
    isFree: () => isReady && waiting < MOST_WAITING,
    async nearest(question: NeighbourQuestion): Promise<readonly number[]> {
      const neighbours = care.running();
      if (neighbours === undefined) throw new Error('the thread that compares vectors does not run');
      waiting += 1;
      try {
        return await neighbours.nearest(question);
      } finally {
        waiting -= 1;
      }
    },
    close: care.close,
  };
}

export type NeighbourCare = ReturnType<typeof createNeighbourCare>;
