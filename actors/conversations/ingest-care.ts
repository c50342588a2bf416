import {
  type IngestNews,
  type IngestProgress,
  NOT_STARTED,
} from '../../services/conversations/ingest-progress.ts';
import type { Ingest, IngestHandlers } from '../../services/conversations/start-ingest.ts';
import type { Bus } from '../bus.ts';
import type { MissionLogger } from '../core.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A thread that ran so long has not failed at its start. */
const RAN_WELL_MS = 60_000;

export interface IngestCareDependencies {
  readonly startIngest: (handlers: IngestHandlers) => Pick<Ingest, 'look' | 'close'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly logger: MissionLogger;
  readonly now: () => number;
}

/** Keeps the thread that reads transcripts alive, and knows how far it is. */
export function createIngestCare({ startIngest, bus, logger, now }: IngestCareDependencies) {
  let progress: IngestProgress = NOT_STARTED;
  let told: IngestProgress['phase'] = 'following';
  let ingest: Pick<Ingest, 'look' | 'close'> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let closed = false;

  /** Everybody is told while much is read, and when that is over; not of each line that is added. */
  function publish(): void {
    const { phase } = progress;
    if (phase === 'following' && told === 'following') return;
    told = phase;
    bus.publish({ type: 'conversations_read', at: now(), progress });
  }

  /** It tries every few seconds, and says each time what keeps it: told once. */
  function heardProblem(message: string | null): void {
    const { problem: before, ...rest } = progress;
    if ((before ?? null) === message) return;
    progress = message === null ? rest : { ...rest, problem: message };
    if (message === null) logger.info({}, 'transcripts are read again');
    else logger.warn({ error: message }, 'transcripts could not be read');
    bus.publish({ type: 'conversations_read', at: now(), progress });
  }

  function heard(news: IngestNews): void {
    if (news.type === 'problem') return heardProblem(news.message);
    const { problem } = progress;
    progress = problem === undefined ? news.progress : { ...news.progress, problem };
    if (progress.phase !== 'starting') publish();
  }

  function begin(): void {
    timer = undefined;
    const startedAt = now();
    ingest = startIngest({
      heard,
      ended(error) {
        ingest = undefined;
        progress = { ...progress, phase: 'stopped' };
        if (closed) return;
        failures = now() - startedAt > RAN_WELL_MS ? 1 : failures + 1;
        const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
        logger.error({ error: String(error), pause }, 'the thread that reads transcripts has ended');
        timer = setTimeout(begin, pause);
      },
    });
  }

  return {
    start: begin,
    progress: () => progress,
    look(): void {
      ingest?.look();
    },
    /** Resolves when nothing is written any more. */
    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      await ingest?.close();
    },
  };
}

export type IngestCare = ReturnType<typeof createIngestCare>;
