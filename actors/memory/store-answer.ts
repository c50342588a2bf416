import type { MemoryJobId } from '../../db/ids.ts';
import type { KnowledgeWords } from '../../db/schema/knowledge.ts';
import type { MemoryOutcome } from '../../db/schema/memory.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { holdsSecret } from '../../services/knowledge/secret-words.ts';
import type { KnowledgeLedger } from '../../services/ledger/knowledge-ledger.ts';
import type { KnowledgeOperationLedger } from '../../services/ledger/knowledge-operation-ledger.ts';
import type { MemoryJobLedger, MemoryJobRow } from '../../services/ledger/memory-job-ledger.ts';
import type { MemoryQueueLedger } from '../../services/ledger/memory-queue-ledger.ts';
import { type Extracted, type Planned, readExtraction, readPlan } from '../../services/memory/read-answer.ts';
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
  readonly executePlan: ((planId: string, by: string) => void) | null;
}

/** Who has changed something on behalf of a job. */
const byJob = (jobId: MemoryJobId): string => `memory:${jobId}`;

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
    const sessions = new Map(queue.messages(job.messageIds).map(({ id, session }) => [id, session]));
    const counts = { created: 0, updated: 0, unchanged: 0, proposed: 0 };
    const refused: { place: number; why: string }[] = [];
    for (const [index, entry] of entries.entries()) {
      try {
        counts[remember(job, entry, sessions)] += 1;
      } catch (error) {
        if (!isSecret(error)) throw error;
        refused.push({ place: index + 1, why: 'It holds what looks like a secret.' });
      }
    }
    return { ...counts, refused };
  }

  function planOf(job: MemoryJobRow, planned: readonly Planned[]): MemoryOutcome {
    const refused: { place: number; why: string }[] = [];
    let proposed = 0;
    for (const [index, { operation, target_keys, new_entry, reason }] of planned.entries()) {
      if (holdsSecret(`${JSON.stringify(new_entry ?? {})}\n${reason}`)) {
        refused.push({ place: index + 1, why: 'It holds what looks like a secret.' });
        continue;
      }
      const target = ledger.byKey(target_keys[0] ?? '')[0];
      const newEntry: KnowledgeWords | null =
        new_entry == null || operation === 'delete'
          ? null
          : {
              ...new_entry,
              detail: target?.detail ?? null,
              source: target?.source ?? 'conversation',
              confidence: target?.confidence ?? CONFIDENCE,
            };
      operations.add({
        planId: job.id,
        operation,
        targetKeys: target_keys,
        newEntry,
        rationale: reason,
        by: byJob(job.id),
        createdAt: now(),
      });
      proposed += 1;
    }
    if (proposed > 0) executePlan?.(job.id, byJob(job.id));
    return { created: 0, updated: 0, unchanged: 0, proposed, refused };
  }

  function readBy(job: MemoryJobRow, answer: string): MemoryOutcome | string {
    if (job.kind === 'consolidation') {
      const known = new Set(ledger.byIds(job.knowledgeIds).map(({ key }) => key));
      const read = readPlan(answer, known);
      return read.ok ? planOf(job, read.value) : read.complaint;
    }
    const read = readExtraction(answer, new Set(job.messageIds));
    return read.ok ? keepEntries(job, read.value) : read.complaint;
  }

  /**
   * In one transaction with the end of the job: a daemon that is killed has stored all of it, or nothing.
   * @returns what is wrong with the answer; null when it is stored, also when it was before
   */
  return (jobId: MemoryJobId, answer: string): string | null =>
    jobs.atOnce(() => {
      const job = jobs.get(jobId);
      if (job === undefined || job.status === 'done') return null;
      const outcome = readBy(job, answer);
      if (typeof outcome === 'string') return outcome;
      jobs.update(jobId, { status: 'done', outcome, finishedAt: now(), errorCode: null, error: null });
      return null;
    });
}
