import type { MemoryJobId } from '../../db/ids.ts';
import type { MemoryOutcome } from '../../db/schema/memory.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { type ReadPlan, readPlan } from '../../services/knowledge/plan-answer.ts';
import type { KnowledgeLedger } from '../../services/ledger/knowledge-ledger.ts';
import type { KnowledgeOperationLedger } from '../../services/ledger/knowledge-operation-ledger.ts';
import type { MemoryJobLedger, MemoryJobRow } from '../../services/ledger/memory-job-ledger.ts';
import type { MemoryQueueLedger } from '../../services/ledger/memory-queue-ledger.ts';
import { type Extracted, readExtraction } from '../../services/memory/read-answer.ts';
import type { Knowledge, Remembered } from '../knowledge/api.ts';

/** What a model has read out of words is not as sure as what somebody has said to be kept. */
const CONFIDENCE = 0.8;

export interface StoreAnswerDependencies {
  readonly jobs: MemoryJobLedger;
  readonly queue: MemoryQueueLedger;
  readonly knowledge: Pick<Knowledge, 'remember'>;
  readonly ledger: KnowledgeLedger;
  readonly operations: KnowledgeOperationLedger;
  readonly now: () => number;
  /** Executes a plan whole, where the configuration says so. */
  readonly executePlan: ((jobId: MemoryJobId, by: string) => void) | null;
}

/** Who has changed something on behalf of a job. */
export const byJob = (jobId: MemoryJobId): string => `memory:${jobId}`;

const isSecret = (error: unknown): boolean =>
  error instanceof MissionError && error.code === 'secret_refused';

/** Keeps what the answer to a job says. */
export function createAnswerStore({
  jobs,
  queue,
  knowledge,
  ledger,
  operations,
  now,
  executePlan,
}: StoreAnswerDependencies) {
  function remember(
    job: MemoryJobRow,
    entry: Extracted,
    sessions: ReadonlyMap<number, string>,
  ): Remembered['action'] {
    const { message_ids, ...words } = entry;
    const [first] = message_ids;
    const request = { ...words, source: 'conversation' as const, confidence: CONFIDENCE };
    const origin = {
      jobId: job.id,
      sessionId: first === undefined ? undefined : sessions.get(first),
      messageIds: message_ids,
    };
    return knowledge.remember(
      { ...request, onKnown: 'propose' },
      { by: byJob(job.id), origin, batch: job.id },
    ).action;
  }

  function keepEntries(job: MemoryJobRow, entries: readonly Extracted[]): MemoryOutcome {
    const batch = queue.messages(job.messageIds);
    const sessions = new Map(batch.map(({ id, session }) => [id, session]));
    const toldByAgent = new Set([...new Set(sessions.values())].filter(queue.toldByAgent));
    const byPerson = new Set(
      batch.filter(({ role, session }) => role === 'user' && !toldByAgent.has(session)).map(({ id }) => id),
    );
    const counts = { created: 0, updated: 0, unchanged: 0, proposed: 0 };
    const refused: { place: string; why: string }[] = [];
    for (const [index, entry] of entries.entries()) {
      const place = `entry ${index + 1}`;
      // Every session is told of it as how the person wants things: a page that an agent has read is not the person.
      if (entry.category === 'preference' && !entry.message_ids.some((id) => byPerson.has(id))) {
        refused.push({ place, why: 'no words of the person say so' });
        continue;
      }
      try {
        counts[remember(job, entry, sessions)] += 1;
      } catch (error) {
        if (!isSecret(error)) throw error;
        refused.push({ place, why: 'it holds what looks like a secret' });
      }
    }
    return { ...counts, refused };
  }

  /** What is planned waits, or is done at once where the configuration says so. */
  function keepPlan(job: MemoryJobRow, { rows, refused }: ReadPlan): MemoryOutcome {
    for (const row of rows) operations.add({ planId: job.id, ...row, by: byJob(job.id), createdAt: now() });
    if (rows.length > 0) executePlan?.(job.id, byJob(job.id));
    return { created: 0, updated: 0, unchanged: 0, proposed: rows.length, refused };
  }

  /** @returns what is wrong with it, as a text */
  function keep(job: MemoryJobRow, answer: string): MemoryOutcome | string {
    if (job.kind === 'consolidation') {
      // What has changed since it was shown is left alone.
      const shown = ledger.byIds(job.knowledgeIds).filter(({ updatedAt }) => updatedAt <= job.createdAt);
      const plan = readPlan(answer, {
        shown: (key) => shown.filter((row) => row.key === key),
        taken: (category, key) => ledger.at(category, key) !== undefined,
      });
      return plan.broken ?? keepPlan(job, plan);
    }
    const read = readExtraction(answer, new Set(job.messageIds));
    return read.ok ? keepEntries(job, read.entries) : read.complaint;
  }

  /**
   * In one transaction with the end of the job: a daemon that is killed has stored all of it, or nothing.
   * @returns what is wrong with the answer; null when it is stored, also when it was before
   */
  return (jobId: MemoryJobId, answer: string): string | null =>
    jobs.atOnce(() => {
      const job = jobs.get(jobId);
      if (job === undefined || job.status === 'done') return null;
      const outcome = keep(job, answer);
      if (typeof outcome === 'string') return outcome;
      jobs.update(jobId, {
        status: 'done',
        outcome,
        finishedAt: now(),
        errorCode: null,
        error: null,
        snapshot: null,
      });
      return null;
    });
}
