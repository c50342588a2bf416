import type { KnowledgeId } from '../../db/ids.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import type { KnowledgeLedger, KnowledgeRow } from '../../services/ledger/knowledge-ledger.ts';
import type {
  KnowledgeOperationLedger,
  KnowledgeOperationRow,
} from '../../services/ledger/knowledge-operation-ledger.ts';
import { PROPOSALS } from './create-knowledge.ts';
import { KnowledgeOperation } from './knowledge-views.ts';

const DAY_MS = 24 * 60 * 60_000;

function operationView(row: KnowledgeOperationRow): KnowledgeOperation {
  return KnowledgeOperation.parse(
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)),
  );
}

export interface PlanRun {
  readonly executed: number;
  readonly results: readonly KnowledgeOperation[];
  /** Operations of the plan that still wait. */
  readonly remaining: number;
  /** With which all of it can be undone. */
  readonly batch: string;
}

/** Does what a plan proposes, one operation a transaction; what cannot be done says why and changes nothing. */
export function createPlanExecution({
  ledger,
  operations,
  now,
}: {
  readonly ledger: KnowledgeLedger;
  readonly operations: KnowledgeOperationLedger;
  readonly now: () => number;
}) {
  /** @throws MissionError `knowledge_unknown` when one of them is known no more */
  function targets({ targetKeys, planId, createdAt }: KnowledgeOperationRow): readonly KnowledgeRow[] {
    const rows = targetKeys.flatMap((key) => {
      const found = ledger.byKey(key);
      // Who proposes to merge something has it before their eyes; a plan speaks of what it was shown.
      if (planId !== PROPOSALS && found.some(({ updatedAt }) => updatedAt > createdAt))
        throw new MissionError('input_invalid', `"${key}" has changed since it was planned.`);
      if (found.length > 0) return found;
      throw new MissionError('knowledge_unknown', `Nothing is known by "${key}" any more.`);
    });
    if (rows.length > 0) return rows;
    throw new MissionError('input_invalid', 'The operation names no entry.');
  }

  /** The new words take the place of the first; the others are forgotten. A summary is never emptied. */
  function combine(operation: KnowledgeOperationRow, by: string, batch: string): string {
    const { newEntry } = operation;
    if (newEntry === null || newEntry.summary.trim() === '')
      throw new MissionError('input_invalid', 'The operation has no words to put in their place.');
    const rows = targets(operation);
    const [first, ...others] = rows.filter(
      (row) => row.category === newEntry.category || operation.operation !== 'merge',
    );
    if (first === undefined)
      throw new MissionError('knowledge_unknown', `Nothing is known by that key in ${newEntry.category}.`);
    const changing = { by, at: now(), batch };
    const gone: KnowledgeId[] = others.map(({ id }) => id);
    for (const row of others) ledger.forget(row, changing);
    const taken = ledger.at(newEntry.category, newEntry.key);
    if (taken !== undefined && taken.id !== first.id && !gone.includes(taken.id))
      throw new MissionError(
        'input_invalid',
        `"${newEntry.key}" is known already, and is none of the targets.`,
      );
    ledger.update(first, newEntry, changing);
    return `${first.key} → ${newEntry.key}${others.length > 0 ? `, ${others.length} forgotten` : ''}`;
  }

  function perform(operation: KnowledgeOperationRow, by: string, batch: string): string {
    if (operation.operation !== 'delete') return combine(operation, by, batch);
    const rows = targets(operation);
    for (const row of rows) ledger.forget(row, { by, at: now(), batch });
    return `${rows.length} forgotten`;
  }

  function run(operation: KnowledgeOperationRow, by: string, batch: string): void {
    const executedAt = now();
    try {
      const result = ledger.atOnce(() => perform(operation, by, batch));
      operations.update(operation.id, { status: 'done', executedAt, result });
    } catch (error) {
      if (!(error instanceof MissionError)) throw error;
      operations.update(operation.id, { status: 'failed', executedAt, error: toFailure(error).message });
    }
  }

  return {
    status(
      filter: {
        readonly planId?: string | undefined;
        readonly status?: KnowledgeOperationRow['status'] | undefined;
      },
      limit: number,
    ) {
      return {
        operations: operations.list(filter, limit).map(operationView),
        summary: operations.counts(filter.planId),
      };
    },

    /** @throws MissionError `knowledge_unknown` when there is no such plan */
    execute(
      planId: string,
      options: { readonly limit: number; readonly by: string; readonly batch: string },
    ): PlanRun {
      operations.expire(now() - DAY_MS, PROPOSALS);
      const pending = operations.list({ planId, status: 'pending' }, options.limit);
      if (pending.length === 0 && operations.list({ planId }, 1).length === 0)
        throw new MissionError('knowledge_unknown', `There is no plan "${planId}".`, {
          remedy: 'mission_kb_queue_status lists them.',
        });
      for (const operation of pending) run(operation, options.by, options.batch);
      const results = pending.flatMap(({ id }) => operations.get(id) ?? []).map(operationView);
      return {
        executed: results.filter(({ status }) => status === 'done').length,
        results,
        remaining: operations.counts(planId).pending ?? 0,
        batch: options.batch,
      };
    },

    /** Proposals that nobody wants: they are not made again for the same words. */
    drop(ids: readonly number[]): number {
      const pending = ids
        .flatMap((id) => operations.get(id) ?? [])
        .filter(({ status }) => status === 'pending');
      for (const { id } of pending) operations.update(id, { status: 'dropped', executedAt: now() });
      return pending.length;
    },
  };
}
