import { Worker } from 'node:worker_threads';
import type { NeighbourQuestion } from '../ledger/vector-search.ts';
import { NeighbourNews, type NeighbourOrder } from './neighbour-messages.ts';

export interface NeighbourHandlers {
  /** It answers from now on. */
  readonly ready: () => void;
  /** It cannot work on this machine: there is no use in trying again. */
  readonly unavailable: (message: string) => void;
  /** It has ended, asked to or not. */
  readonly ended: (error: unknown) => void;
}

/** A thread that finds entries which mean nearly the same. */
export interface Neighbours {
  /** @returns the numbers of entries, the nearest first; rejects when the thread fails or ends */
  nearest(question: NeighbourQuestion): Promise<readonly number[]>;
  /** Resolves when it has ended. */
  close(): Promise<void>;
}

export type StartNeighbours = (handlers: NeighbourHandlers) => Neighbours;

/** As it is built. */
const PROGRAM = new URL('./neighbours-main.js', import.meta.url);

interface Waiting {
  readonly resolve: (numbers: readonly number[]) => void;
  readonly reject: (error: Error) => void;
}

/** @param program the thread's; only sources that run unbuilt need to name it */
export function startNeighbours(
  databaseFile: string,
  { ready, unavailable, ended }: NeighbourHandlers,
  program: URL = PROGRAM,
): Neighbours {
  const worker = new Worker(program, { workerData: { databaseFile } });
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  let failure: unknown;
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', () => {
      isGone = true;
      for (const { reject } of waiting.values()) reject(new Error('the thread has ended'));
      waiting.clear();
      resolve();
      ended(failure);
    });
  });
  worker.on('message', (message: unknown) => {
    const news = NeighbourNews.parse(message);
    if (news.type === 'ready') return ready();
    if (news.type === 'unavailable') return unavailable(news.message);
    const asker = waiting.get(news.id);
    waiting.delete(news.id);
    if (news.type === 'found') asker?.resolve(news.numbers);
    else asker?.reject(new Error(news.message));
  });
  const order = (message: NeighbourOrder): void => worker.postMessage(message);
  return {
    nearest(question) {
      if (isGone) return Promise.reject(new Error('the thread has ended'));
      return new Promise((resolve, reject) => {
        asked += 1;
        waiting.set(asked, { resolve, reject });
        order({ type: 'ask', id: asked, question });
      });
    },
    async close() {
      if (!isGone) order({ type: 'close' });
      await gone;
    },
  };
}
