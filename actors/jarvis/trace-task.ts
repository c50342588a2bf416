import type { AttemptRow } from '../../services/ledger/attempt-ledger.ts';
import type { AuditRow } from '../../services/ledger/audit-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { TraceLedger } from '../../services/ledger/trace-ledger.ts';
import type { TraceStep, TraceView } from './jarvis-views.ts';

export interface TracedRows {
  readonly task: TaskRow;
  readonly attempts: readonly AttemptRow[];
  readonly deliveries: ReturnType<TraceLedger['deliveriesOf']>;
  readonly messages: ReturnType<TraceLedger['messagesOf']>;
  readonly audit: readonly AuditRow[];
}

const MOST_CHARACTERS = 300;

/** A step that has happened; none for a moment that has not come. */
function step(
  at: number | null,
  what: TraceStep['step'],
  more: Partial<TraceStep> = {},
): readonly TraceStep[] {
  return at === null ? [] : [{ at, step: what, ...more }];
}

const detailOf = (...words: readonly (string | null)[]): Partial<TraceStep> => {
  const detail = words.filter(Boolean).join(' ').slice(0, MOST_CHARACTERS);
  return detail === '' ? {} : { detail };
};

function stepsOf({ task, attempts, deliveries, messages, audit }: TracedRows): readonly TraceStep[] {
  return [
    ...step(task.createdAt, 'handed_in', detailOf(task.submitter)),
    ...attempts.flatMap(({ number, slotId, sessionId, startedAt, endedAt, outcome, errorCode }) => [
      ...step(startedAt, 'attempt_began', { attempt: number, slotId, sessionId }),
      ...step(endedAt, 'attempt_ended', { attempt: number, slotId, ...detailOf(outcome, errorCode) }),
    ]),
    ...deliveries.flatMap(({ id, attempt, slotId, typedAt, submittedAt, answeredAt, ...rest }) => {
      const of = { attempt, slotId, deliveryId: id };
      return [
        ...step(rest.createdAt, 'delivery_began', { ...of, ...detailOf(rest.failure) }),
        ...step(typedAt, 'typed', of),
        ...step(submittedAt, 'submitted', of),
        ...step(answeredAt, 'answered', of),
      ];
    }),
    ...audit.flatMap(({ at, kind, slotId, tool, decision, rule, answer, by }) =>
      step(at, kind, {
        ...(slotId === null ? {} : { slotId }),
        ...detailOf(tool, decision ?? answer, rule, by),
      }),
    ),
    ...messages.flatMap(({ id, createdAt }) => step(createdAt, 'told', detailOf(`inbox ${id}`))),
    ...step(task.finishedAt, 'ended', detailOf(task.status, task.errorCode)),
  ];
}

/** The way of a task from the door to its result, by the rows that were written on it. */
export function traceOf(rows: TracedRows): TraceView {
  const { task, deliveries, attempts } = rows;
  const began = attempts[0]?.startedAt ?? task.startedAt;
  const typed = deliveries.find(({ typedAt }) => typedAt !== null)?.typedAt ?? null;
  const between = (name: string, from: number | null, to: number | null) =>
    from === null || to === null ? {} : { [name]: Math.max(0, to - from) };
  const last: Record<TraceStep['step'], number> = {
    handed_in: 0,
    attempt_began: 1,
    delivery_began: 2,
    typed: 3,
    submitted: 4,
    decision: 5,
    question: 6,
    answer: 7,
    rules: 8,
    kill: 9,
    answered: 10,
    attempt_ended: 11,
    ended: 12,
    told: 13,
  };
  return {
    traceId: task.id,
    taskId: task.id,
    kind: task.kind,
    status: task.status,
    submitter: task.submitter,
    ...between('waitedMs', task.createdAt, began),
    ...between('typedAfterMs', task.createdAt, typed),
    ...between('workedMs', began, task.finishedAt),
    ...between('totalMs', task.createdAt, task.finishedAt),
    steps: [...stepsOf(rows)].sort((one, other) => one.at - other.at || last[one.step] - last[other.step]),
  };
}
