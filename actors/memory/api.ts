import type { KnowledgeEntry } from '../knowledge/knowledge-views.ts';
import type { MemoryJobView } from './memory-views.ts';

export interface MemoryStatus {
  readonly worker: 'slot' | 'router' | null;
  /** Why no jobs are made; absent when they are. */
  readonly why?: string;
  readonly paused: boolean;
  /** Epoch milliseconds, as all times. */
  readonly pausedUntil?: number;
  /** Messages that were given to no job yet. */
  readonly pendingRealtime: number;
  readonly pendingDeep: number;
  /** More wait than were counted. */
  readonly pendingMore?: boolean;
  readonly jobs: Readonly<Partial<Record<MemoryJobView['status'], number>>>;
  readonly recent: readonly MemoryJobView[];
  readonly failed: readonly MemoryJobView[];
  readonly lastConsolidationAt?: number;
  readonly nextConsolidationAt?: number;
}

/** What is learnt from conversations by itself. Methods throw MissionError. */
export interface Memory {
  /** What no job for new turns was given yet, as Markdown. */
  pending(limit: number): {
    readonly text: string;
    readonly messageIds: readonly number[];
    readonly total: number;
  };
  /** Without a wish it is turned over. */
  pause(
    wish: boolean | undefined,
    options: { readonly hours?: number | undefined; readonly by: string },
  ): { readonly paused: boolean; readonly until?: number };
  /** Somebody has taken care of these: no job for new turns is given them. */
  done(messageIds: readonly number[]): {
    readonly marked: number;
    /** What is in a job already, or is no message. */
    readonly left: readonly number[];
  };
  status(): MemoryStatus;
  /**
   * Takes back all that a job has stored and drops what it has proposed. What was changed since stays, and is named.
   * @throws MissionError `memory_job_unknown`
   */
  undo(
    idOrPrefix: string,
    by: string,
  ): {
    readonly undone: readonly KnowledgeEntry[];
    readonly left: readonly string[];
    readonly dropped: number;
  };
  /** Has a job that has failed tried again. @throws MissionError `memory_job_unknown`, `input_invalid` when it has not failed */
  retry(idOrPrefix: string): MemoryJobView;
}
