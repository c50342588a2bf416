import { OWN_QUESTION, type QuestionRow, statusOfQuestion } from '../../services/ledger/permission-ledger.ts';
import { type QuestionRecord, QuestionView } from '../mission/views.ts';
import { FROM_AGENT, FROM_HOOK, FROM_SCREEN, type OpenQuestion, openQuestion } from './open-question.ts';
import { withRule } from './remember.ts';

/** What is learnt of a question while it waits. */
export function knownOf({ view, signature }: OpenQuestion) {
  const { kind, tool, argument, question, options, personOnly, rule } = view;
  return {
    kind,
    tool: tool ?? null,
    argument: argument ?? null,
    question,
    options,
    personOnly,
    rule: rule ?? null,
    identity: signature,
  };
}

export function newRow(entry: OpenQuestion): QuestionRow {
  const { id, slotId, taskId, askedAt, expiresAt } = entry.view;
  return {
    id,
    slotId,
    epoch: entry.epoch,
    taskId: taskId ?? null,
    ...knownOf(entry),
    context: null,
    urgency: null,
    outcome: null,
    askedAt,
    expiresAt: expiresAt ?? null,
    closedAt: null,
    answer: null,
    answeredBy: null,
  };
}

/** As a row tells it to people. */
export function viewOfRow(row: QuestionRow): QuestionView {
  const { id, slotId, taskId, kind, tool, argument, question, options, askedAt, expiresAt } = row;
  return QuestionView.parse({
    id,
    slotId,
    taskId: taskId ?? undefined,
    kind,
    tool: tool ?? undefined,
    argument: argument ?? undefined,
    question,
    context: row.context ?? undefined,
    urgency: row.urgency ?? undefined,
    options,
    askedAt,
    expiresAt: expiresAt ?? undefined,
    personOnly: row.personOnly,
    rule: row.rule ?? undefined,
    ...(kind === OWN_QUESTION
      ? { answerBy: 'words', evidence: [FROM_AGENT] }
      : { answerBy: 'screen', evidence: [row.identity === null ? FROM_HOOK : FROM_SCREEN] }),
  });
}

/** The same, with what has become of it. */
export function recordOfRow(row: QuestionRow): QuestionRecord {
  const status = statusOfQuestion(row);
  return {
    ...viewOfRow(row),
    status,
    ...(row.answer === null ? {} : { answer: row.answer }),
    ...(row.answeredBy === null ? {} : { answeredBy: row.answeredBy }),
    ...(row.closedAt === null ? {} : { closedAt: row.closedAt }),
  };
}

/** What an earlier daemon had asked. Its hook is gone; the dialog may stand. */
export function rememberedQuestion(row: QuestionRow): OpenQuestion {
  const entry = openQuestion(withRule(viewOfRow(row)), row.epoch);
  entry.isRemembered = true;
  entry.signature = row.identity;
  return entry;
}
