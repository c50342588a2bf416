import { MissionError } from '../../services/errors/mission-error.ts';
import type { TaskEndLedger } from '../../services/ledger/task-end-ledger.ts';
import type { MissionCore } from '../core.ts';
import { taskView } from '../mission/task-view.ts';
import { IN_LIST } from '../mission/text-page.ts';
import type { EndedRequest, EndedTasks } from './api.ts';
import { untilItHolds } from './until-it-holds.ts';

/** Where somebody begins who says neither a time nor what it has heard of: as missiond's users know it. */
const USUAL_WINDOW_MS = 60 * 60_000;
/** A caller has a few consumers; names that are made up for each call would fill the table. */
const MOST_CONSUMERS = 200;

/** Which tasks have ended that somebody has not heard of yet. */
export function createEndedTasks({
  core,
  ledger,
  stopping,
}: {
  readonly core: Pick<MissionCore, 'bus' | 'now'>;
  readonly ledger: TaskEndLedger;
  readonly stopping: AbortSignal;
}) {
  function checkCursor(cursor: number): void {
    const last = ledger.last();
    if (cursor <= last) return;
    throw new MissionError('input_invalid', `No answer has had the cursor ${cursor}; the last is ${last}.`, {
      remedy: 'Give the cursor of an answer of mission_task_ack, or none.',
    });
  }

  /** From where on it is told. What a consumer has acknowledged is written before it is told more. */
  function beginningOf({ consumer, cursor, since }: EndedRequest): number {
    const told = since === undefined ? undefined : ledger.lastBefore(since);
    const first = cursor ?? told ?? ledger.lastBefore(core.now() - USUAL_WINDOW_MS);
    if (consumer === undefined) return first;
    const marked = ledger.markOf(consumer);
    if (marked === undefined && ledger.marksBy(consumer.by) >= MOST_CONSUMERS)
      throw new MissionError('too_many', `${MOST_CONSUMERS} consumers of this caller are known already.`, {
        remedy: 'Use one of their names again.',
      });
    const next = marked === undefined ? first : Math.max(marked, cursor ?? 0);
    if (next !== marked) ledger.mark(consumer, next, core.now());
    return next;
  }

  return async (request: EndedRequest): Promise<EndedTasks> => {
    if (request.cursor !== undefined) checkCursor(request.cursor);
    const begin = beginningOf(request);
    const some = () => ledger.after(begin, 1).length > 0;
    const { waitMs, signal, limit, consumer } = request;
    await untilItHolds(core.bus, some, { waitMs, signals: [signal, stopping] });
    // One more than is shown says whether there are more.
    const found = ledger.after(begin, limit + 1);
    const shown = found.slice(0, limit);
    return {
      tasks: shown.map(({ task }) => taskView(task, IN_LIST)),
      cursor: shown.at(-1)?.number ?? begin,
      more: found.length > shown.length,
      ...(consumer === undefined ? {} : { acknowledged: begin }),
    };
  };
}
