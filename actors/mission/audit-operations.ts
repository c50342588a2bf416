import { MissionError } from '../../services/errors/mission-error.ts';
import type { AuditCounts, AuditFilter, AuditRow } from '../../services/ledger/audit-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { AuditEntryView } from './audit-views.ts';
import type { TaskOperations } from './task-operations.ts';

/** Which entries of the audit are meant; a task by its id or the unique beginning of it. */
export type AuditRequest = Omit<AuditFilter, 'taskId'> & { readonly taskId?: string | undefined };

/** The record of who asked for what, which rule decided, who answered, and who changed the rules. Nothing changes it. */
export interface AuditOperations {
  /** Newest first. `next`: where the following page begins. */
  trace(
    request: AuditRequest,
    page: { readonly limit: number; readonly before?: number | undefined },
  ): { readonly entries: readonly AuditEntryView[]; readonly next?: number };
  /**
   * One entry, and the others of the same question.
   * @throws MissionError `input_invalid`
   */
  detail(id: number): { readonly entry: AuditEntryView; readonly related: readonly AuditEntryView[] };
  stats(request: AuditRequest): AuditCounts;
}

function viewOf(row: AuditRow): AuditEntryView {
  const { id, at, kind, personOnly } = row;
  return {
    id,
    at,
    kind,
    ...(row.by === null ? {} : { by: row.by }),
    ...(row.slotId === null ? {} : { slotId: row.slotId }),
    ...(row.role === null ? {} : { role: row.role }),
    ...(row.epoch === null ? {} : { epoch: row.epoch }),
    ...(row.taskId === null ? {} : { taskId: row.taskId }),
    ...(row.questionId === null ? {} : { questionId: row.questionId }),
    ...(row.tool === null ? {} : { tool: row.tool }),
    ...(row.argument === null ? {} : { argument: row.argument }),
    ...(row.decision === null ? {} : { decision: row.decision }),
    ...(row.rule === null ? {} : { rule: row.rule }),
    ...(row.answer === null ? {} : { answer: row.answer }),
    ...(row.change === null ? {} : { change: row.change }),
    ...(personOnly ? { personOnly } : {}),
  };
}

export function createAuditOperations(
  { audit }: Pick<MissionCore, 'audit'>,
  { task }: Pick<TaskOperations, 'task'>,
): AuditOperations {
  const filterOf = ({ taskId, ...filter }: AuditRequest): AuditFilter =>
    taskId === undefined ? filter : { ...filter, taskId: task(taskId).id };
  return {
    trace(request, { limit, before }) {
      const rows = audit.trace(filterOf(request), { limit: limit + 1, before });
      const entries = rows.slice(0, limit);
      const last = entries.at(-1);
      return {
        entries: entries.map(viewOf),
        ...(rows.length > limit && last !== undefined ? { next: last.id } : {}),
      };
    },
    detail(id) {
      const entry = audit.get(id);
      if (entry === undefined)
        throw new MissionError('input_invalid', `The audit has no entry ${id}.`, {
          remedy: 'mission_audit_trace lists them.',
        });
      const related = entry.questionId === null ? [] : audit.ofQuestion(entry.questionId);
      return { entry: viewOf(entry), related: related.filter((other) => other.id !== id).map(viewOf) };
    },
    stats: (request) => audit.stats(filterOf(request)),
  };
}
