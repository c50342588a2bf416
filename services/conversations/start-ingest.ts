import { Worker } from 'node:worker_threads';
import type { IngestSettings } from './ingest-main.ts';
import { IngestNews, type IngestOrder, type KnownSecrets } from './ingest-progress.ts';

export interface IngestHandlers {
  readonly heard: (news: IngestNews) => void;
  /** It has ended, asked to or not. */
  readonly ended: (error: unknown) => void;
}

/** A thread that reads transcripts. */
export interface Ingest {
  /** Looks at once for what is new. */
  look(): void;
  /** From now on this is taken out, too, and what was withheld for it is read. */
  learn(known: KnownSecrets): void;
  /** Resolves when it has ended; what it had begun to write is written. */
  close(): Promise<void>;
}

/** @param known the secrets that are known when it begins */
export type StartIngest = (handlers: IngestHandlers, known: KnownSecrets) => Ingest;

/** Most of what it makes of a line is thrown away at once: a larger nursery is memory that the daemon keeps. Megabytes. */
const YOUNG_GENERATION_MB = 4;
/** As it is built. */
const PROGRAM = new URL('./ingest-main.js', import.meta.url);

/** @param program the thread's; only sources that run unbuilt need to name it */
export function startIngest(
  settings: IngestSettings,
  { heard, ended }: IngestHandlers,
  program: URL = PROGRAM,
): Ingest {
  const worker = new Worker(program, {
    workerData: settings,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  let failure: unknown;
  const gone = new Promise<void>((resolve) => {
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', () => {
      resolve();
      ended(failure);
    });
  });
  worker.on('message', (message: unknown) => heard(IngestNews.parse(message)));
  const order = (message: IngestOrder): void => worker.postMessage(message);
  return {
    look: () => order({ type: 'look' }),
    learn: (known) => order({ type: 'secrets', known }),
    async close() {
      order({ type: 'close' });
      await gone;
    },
  };
}
