import { setTimeout as sleep } from 'node:timers/promises';
import { type Actor, createActor, fromPromise } from 'xstate';
import type { MemoryJobId } from '../../db/ids.ts';
import { passesBy } from '../../db/passes-by.ts';
import { LONGEST_PAUSE_MS, memoryJobMachine } from '../../machines/memory-job.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { KnowledgeLedger } from '../../services/ledger/knowledge-ledger.ts';
import type { MemoryJobLedger, MemoryJobRow } from '../../services/ledger/memory-job-ledger.ts';
import type { MemoryQueueLedger } from '../../services/ledger/memory-queue-ledger.ts';
import { lineOf } from '../../services/memory/batch-text.ts';
import { consolidationPrompt, extractionPrompt } from '../../services/memory/prompts.ts';
import type { Journal } from '../journal.ts';
import { usable } from '../usable-snapshot.ts';
import { entryLine } from './entry-line.ts';
import { JOB_ACTOR } from './memory-recorder.ts';
import type { MemoryWorker } from './worker.ts';

type JobActor = Actor<typeof memoryJobMachine>;

/** How long one attempt may take; what it is called among the tasks of a slot; what is done first. */
const TASK_OF_JOB = {
  realtime: { type: 'realtime_extract', timeoutMs: 5 * 60_000, priority: -10 },
  deep: { type: 'deep_analysis', timeoutMs: 15 * 60_000, priority: -20 },
  consolidation: { type: 'kb_consolidation', timeoutMs: 15 * 60_000, priority: -30 },
} as const;

/** The answer to an empty batch. */
const NOTHING = JSON.stringify({ entries: [] });

/** A full disk is no reason to have a batch read again: its answer is stored when there is room. */
const STORE_AGAIN_MS = 1_000;

export interface JobRunningDependencies {
  readonly jobs: MemoryJobLedger;
  readonly queue: MemoryQueueLedger;
  readonly knowledge: KnowledgeLedger;
  readonly worker: MemoryWorker;
  readonly storeAnswer: (jobId: MemoryJobId, answer: string) => string | null;
  readonly inspect: Journal['inspect'];
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** The actors of the jobs that have not ended: one a job, from its row. */
export function createJobRunning({
  jobs,
  queue,
  knowledge,
  worker,
  storeAnswer,
  inspect,
  now,
  onError,
}: JobRunningDependencies) {
  const actors = new Map<MemoryJobId, JobActor>();

  function promptOf(job: MemoryJobRow, complaint: string | null): string {
    if (job.kind === 'consolidation') {
      const lines = knowledge.byIds(job.knowledgeIds).map(entryLine);
      return consolidationPrompt({ jobId: job.id, lines, complaint });
    }
    const lines = queue.messages(job.messageIds).map(lineOf);
    return extractionPrompt(job.kind, { jobId: job.id, lines, complaint });
  }

  async function extract(
    jobId: MemoryJobId,
    attempt: number,
    complaint: string | null,
    signal: AbortSignal,
  ): Promise<string> {
    const job = jobs.get(jobId);
    if (job === undefined) throw new MissionError('internal', `The job ${jobId} has no row.`);
    // What was to be read may be too old to be kept by now.
    if (job.kind !== 'consolidation' && queue.messages(job.messageIds).length === 0) return NOTHING;
    const { type, timeoutMs, priority } = TASK_OF_JOB[job.kind];
    return worker.work(
      {
        key: `${type}:${jobId}:${attempt}`,
        prompt: () => promptOf(job, complaint),
        timeoutMs,
        priority,
        label: `memory:${job.kind}`,
        submitted: (taskId) => jobs.update(jobId, { taskId }),
      },
      signal,
    );
  }

  async function store(jobId: MemoryJobId, answer: string, signal: AbortSignal): Promise<string | null> {
    for (;;) {
      try {
        return storeAnswer(jobId, answer);
      } catch (error) {
        // What cannot be stored at all would be tried for ever.
        if (!passesBy(error)) throw error;
        onError(error);
        await sleep(STORE_AGAIN_MS, undefined, { signal });
      }
    }
  }

  const machine = memoryJobMachine.provide({
    actors: {
      extract: fromPromise(({ input, signal }) =>
        extract(input.jobId, input.attempt, input.complaint, signal),
      ),
      store: fromPromise(({ input, signal }) => store(input.jobId, input.answer, signal)),
    },
  });

  /** One of another version begins anew before its last attempt, which is known by its number. */
  function open(row: MemoryJobRow): JobActor {
    const before = actors.get(row.id);
    if (before !== undefined) return before;
    const snapshot = usable(row.snapshot, row.snapshotVersion, machine);
    const wasHandedIn = row.status === 'extracting' || row.status === 'storing';
    const actor = createActor(machine, {
      id: `${JOB_ACTOR}${row.id}`,
      inspect,
      input: { jobId: row.id, attempt: wasHandedIn ? Math.max(0, row.attempt - 1) : row.attempt },
      ...(snapshot === null ? {} : { snapshot }),
    });
    actors.set(row.id, actor);
    actor.subscribe({
      complete: () => void actors.delete(row.id),
      error(error) {
        actors.delete(row.id);
        onError(error);
      },
    });
    actor.start();
    return actor;
  }

  return {
    /** Goes on with what an earlier daemon had begun; what was handed in is not handed in again. */
    restore(): void {
      for (const row of jobs.open()) if (row.status !== 'pending') begin(row);
    },
    /** Hands in what may be handed in. */
    begin(): void {
      const at = now();
      for (const row of jobs.due(at, at + LONGEST_PAUSE_MS)) begin(row);
    },
    /** What goes on is left as it stands in the rows. */
    close(): void {
      for (const actor of actors.values()) actor.stop();
      actors.clear();
    },
  };

  function begin(row: MemoryJobRow): void {
    const actor = open(row);
    if (actor.getSnapshot().value === 'pending') actor.send({ type: 'job.begin' });
  }
}

export type JobRunning = ReturnType<typeof createJobRunning>;
