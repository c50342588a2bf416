import type { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { type SwarmLedger, type SwarmRow, submitterOf } from '../../services/ledger/swarm-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { SubmitRequest } from '../mission/api.ts';
import type { TaskOperations } from '../mission/task-operations.ts';

/** The slot that has the fewest open tasks of the swarm. */
function leastLoaded(slotIds: readonly SlotId[], open: readonly TaskRow[]): SlotId | undefined {
  const load = (slotId: SlotId): number => open.filter(({ pinnedSlotId }) => pinnedSlotId === slotId).length;
  return [...slotIds].sort((one, other) => load(one) - load(other))[0];
}

function targetOf(
  { roles, slotIds }: SwarmRow,
  place: number,
  open: readonly TaskRow[],
): Partial<SubmitRequest> {
  const slotId = leastLoaded(slotIds, open);
  if (slotId !== undefined) return { slotId };
  return { role: roles[place % roles.length] };
}

/** Hands in as many tasks of a swarm as may be open, and notes when nothing of it is left. */
export function handInNext(
  swarm: SwarmRow,
  {
    ledger,
    enqueue,
    now,
  }: {
    readonly ledger: SwarmLedger;
    readonly enqueue: TaskOperations['enqueue'];
    readonly now: () => number;
  },
): void {
  const rows = new Map(ledger.tasksOf(swarm.id));
  const refused: Record<string, string> = { ...swarm.refused };
  const openNow = (): readonly TaskRow[] =>
    [...rows.values()].filter(({ finishedAt }) => finishedAt === null);

  /** @returns false where the queue has no room: it is tried again when a task has ended */
  function handIn(place: number, prompt: string): boolean {
    try {
      enqueue('task', {
        prompt,
        ...targetOf(swarm, place, openNow()),
        submitter: submitterOf(swarm.id),
        idempotencyKey: String(place),
      });
      return true;
    } catch (error) {
      if (!(error instanceof MissionError)) throw error;
      if (error.code === 'queue_full') return false;
      refused[place] = `${error.message} ${error.remedy ?? ''}`.trim();
      ledger.update(swarm.id, { refused });
      return true;
    }
  }

  for (const [place, prompt] of swarm.prompts.entries()) {
    if (openNow().length >= swarm.atOnce) return;
    if (rows.has(place) || refused[place] !== undefined) continue;
    if (!handIn(place, prompt)) return;
    const row = ledger.tasksOf(swarm.id).get(place);
    if (row !== undefined) rows.set(place, row);
  }
  if (openNow().length === 0) ledger.update(swarm.id, { endedAt: now() });
}
