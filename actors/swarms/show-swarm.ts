import type { SwarmRow } from '../../services/ledger/swarm-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import { pageOf } from '../mission/text-page.ts';
import type { SwarmView } from './api.ts';

/** What MCP clients take of one answer, shared among the results; the whole of one is `mission_status`'s. */
const ALL_RESULTS_CHARACTERS = 60_000;
const MOST_OF_ONE_CHARACTERS = 8_000;
/** Enough to tell tasks apart. */
const PROMPT_CHARACTERS = 200;

type Member = SwarmView['tasks'][number];

function outcomeOf(
  row: TaskRow | undefined,
  refusal: string | undefined,
  limit: number,
): Omit<Member, 'place' | 'prompt'> {
  if (row === undefined)
    return refusal === undefined ? { status: 'to_come' } : { status: 'refused', error: refusal };
  const slotId = row.slotId ?? row.pinnedSlotId;
  const page = row.result === null ? undefined : pageOf(row.result, { offset: 0, limit });
  return {
    taskId: row.id,
    status: row.status,
    ...(slotId === null ? {} : { slotId }),
    ...(page === undefined ? {} : { result: page.text, resultTotalChars: page.totalChars }),
    ...(row.error === null ? {} : { error: row.error }),
  };
}

/** A swarm with each of its tasks, in the order in which they were given. */
export function showSwarm({ id, prompts, refused }: SwarmRow, rows: ReadonlyMap<number, TaskRow>): SwarmView {
  const limit = Math.min(MOST_OF_ONE_CHARACTERS, Math.floor(ALL_RESULTS_CHARACTERS / prompts.length));
  const tasks = prompts.map((prompt, place) => ({
    place,
    prompt: pageOf(prompt, { offset: 0, limit: PROMPT_CHARACTERS }).text,
    ...outcomeOf(rows.get(place), refused[place], limit),
  }));
  const count = (...statuses: readonly Member['status'][]): number =>
    tasks.filter(({ status }) => statuses.includes(status)).length;
  const counts = {
    done: count('done'),
    failed: count('failed', 'refused'),
    cancelled: count('cancelled'),
    open: count('queued', 'delivering', 'running', 'waiting'),
    toCome: count('to_come'),
  };
  return { swarmId: id, done: counts.open + counts.toCome === 0, counts, tasks };
}
