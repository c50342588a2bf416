import type { AttemptRow } from '../../services/ledger/attempt-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import { withoutBatch } from '../../services/memory/prompts.ts';
import { capOf } from '../governor/caps.ts';
import { FIRST_PAGE, IN_EVENT, IN_LIST, type PageRequest, pageOf } from './text-page.ts';
import type { AttemptView, TaskView } from './views.ts';

type ResultFields = Pick<TaskView, 'result' | 'resultTotalChars' | 'nextOffset'>;

function resultFields(result: string, page: PageRequest): ResultFields {
  const { text, totalChars, nextOffset } = pageOf(result, page);
  return {
    result: text,
    resultTotalChars: totalChars,
    ...(nextOffset === undefined ? {} : { nextOffset }),
  };
}

/** What a reader of one page is told of the others. */
export function hintOfRest({ id, nextOffset, resultTotalChars }: TaskView): { readonly hint?: string } {
  if (nextOffset === undefined) return {};
  return {
    hint: `The result has ${resultTotalChars} characters. It goes on: mission_status {"taskId": "${id}", "offset": ${nextOffset}}.`,
  };
}

/** A row as every door shows it, with one page of its result. */
export function taskView(row: TaskRow, page: PageRequest = FIRST_PAGE): TaskView {
  const budget = capOf(row);
  const prompt = withoutBatch(row.prompt);
  return {
    id: row.id,
    role: row.role,
    prompt: page === IN_EVENT || page === IN_LIST ? pageOf(prompt, page).text : prompt,
    status: row.status,
    ...(row.slotId === null && row.pinnedSlotId === null
      ? {}
      : { slotId: row.slotId ?? row.pinnedSlotId ?? undefined }),
    ...(row.sessionId === null ? {} : { sessionId: row.sessionId }),
    ...(row.result === null ? {} : resultFields(row.result, page)),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.errorCode === null ? {} : { errorCode: row.errorCode }),
    ...(row.progress === null ? {} : { progress: row.progress }),
    ...(row.waitingFor === null ? {} : { waitingFor: row.waitingFor }),
    ...(row.notBefore === null ? {} : { notBefore: row.notBefore }),
    ...(row.labels === null ? {} : { labels: [...row.labels] }),
    ...(budget === undefined ? {} : { budget }),
    ...(row.guard === null ? {} : { unchecked: row.unchecked }),
    ...(row.priority === 0 ? {} : { priority: row.priority }),
    ...(row.requires === null ? {} : { requires: [...row.requires] }),
    ...(row.submitter === '' ? {} : { submitter: row.submitter }),
    createdAt: row.createdAt,
    ...(row.startedAt === null ? {} : { startedAt: row.startedAt }),
    ...(row.finishedAt === null ? {} : { finishedAt: row.finishedAt }),
  };
}

/** A run of a task as the doors show it. */
export function attemptView(row: AttemptRow): AttemptView {
  return {
    number: row.number,
    slotId: row.slotId,
    sessionId: row.sessionId,
    prompt: withoutBatch(row.prompt),
    startedAt: row.startedAt,
    ...(row.endedAt === null ? {} : { endedAt: row.endedAt }),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.errorCode === null ? {} : { errorCode: row.errorCode }),
    ...(row.inputTokens === null ? {} : { inputTokens: row.inputTokens }),
    ...(row.outputTokens === null ? {} : { outputTokens: row.outputTokens }),
    ...(row.cacheTokens === null ? {} : { cacheTokens: row.cacheTokens }),
    ...(row.costUsd === null ? {} : { costUsd: row.costUsd }),
  };
}
