import {
  type IngestNews,
  type IngestProgress,
  NOT_STARTED,
} from '../../services/conversations/ingest-progress.ts';
import type { Ingest, IngestHandlers } from '../../services/conversations/start-ingest.ts';
import type { Bus } from '../bus.ts';
import type { ClaudeTaskWatch } from '../claude-tasks/create-claude-tasks.ts';
import type { MissionLogger } from '../core.ts';
import { createThreadCare } from '../thread-care.ts';

export interface IngestCareDependencies {
  readonly startIngest: (handlers: IngestHandlers) => Pick<Ingest, 'look' | 'close'>;
  readonly taskWatch: ClaudeTaskWatch;
  readonly bus: Pick<Bus, 'publish'>;
  readonly logger: MissionLogger;
  readonly now: () => number;
}

/** Keeps the thread that reads transcripts alive, and knows how far it is. */
export function createIngestCare({ startIngest, taskWatch, bus, logger, now }: IngestCareDependencies) {
  let progress: IngestProgress = NOT_STARTED;
  let told: IngestProgress['phase'] = 'following';
  const listeners = new Set<() => void>();

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
    if (news.type === 'task_lists') return taskWatch.taskLists(news.changes);
    if (news.type === 'sessions') return taskWatch.sessions(news.sessions);
    for (const listener of [...listeners]) listener();
    const { problem } = progress;
    progress = problem === undefined ? news.progress : { ...news.progress, problem };
    if (progress.phase !== 'starting') publish();
  }

  const care = createThreadCare<Pick<Ingest, 'look' | 'close'>>({
    now,
    begin: (ended) => startIngest({ heard, ended }),
    ended(error, pause) {
      progress = { ...progress, phase: 'stopped' };
      if (pause === null) return;
      logger.error({ error: String(error), pause }, 'the thread that reads transcripts has ended');
    },
  });

  return {
    start: care.start,
    progress: () => progress,
    /** Heard whenever something was read, also a single line. */
    onRead(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    look(): void {
      care.running()?.look();
    },
    /** Resolves when nothing is written any more. */
    close: care.close,
  };
}

export type IngestCare = ReturnType<typeof createIngestCare>;
