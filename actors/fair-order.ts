import { PRIORITY_LEVEL_MS } from '../db/waits-from.ts';
import type { QueuedTask, QueueHead } from '../services/ledger/queue-ledger.ts';

function byAge(a: QueueHead, b: QueueHead): number {
  return a.waitsFrom - b.waitsFrom || a.place - b.place;
}

/** Higher is served first. */
function levelOf({ waitsFrom }: QueueHead, now: number): number {
  return Math.floor((now - waitsFrom) / PRIORITY_LEVEL_MS);
}

/**
 * Submitters in the order in which their first tasks are served.
 * @param servedAt when each was served last, on any clock that grows; absent: never
 * @param now epoch milliseconds
 */
export function inTurn(
  heads: readonly QueueHead[],
  servedAt: ReadonlyMap<string, number>,
  now: number,
): readonly QueueHead[] {
  const turnOf = ({ submitter }: QueueHead): number => servedAt.get(submitter) ?? 0;
  return [...heads].sort((a, b) => levelOf(b, now) - levelOf(a, now) || turnOf(a) - turnOf(b) || byAge(a, b));
}

/** The tasks by a name of theirs; each group in the order in which they came. */
function grouped<Name>(
  tasks: readonly QueuedTask[],
  nameOf: (task: QueuedTask) => Name,
): ReadonlyMap<Name, readonly QueuedTask[]> {
  const groups = new Map<Name, QueuedTask[]>();
  for (const task of tasks) {
    const name = nameOf(task);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [task]);
    else group.push(task);
  }
  return groups;
}

/**
 * The order in which tasks are served: the most urgent first, where each hour of waiting is worth a level of priority;
 * among equals each submitter in turn, whoever was served longest ago first, so that nobody waits behind the thousands
 * of another; of one submitter the oldest.
 *
 * @param servedAt when each submitter was served last, on any clock that grows; absent: never
 * @param now epoch milliseconds
 */
export function fairOrder(
  tasks: readonly QueuedTask[],
  servedAt: ReadonlyMap<string, number>,
  now: number,
): readonly QueuedTask[] {
  // Who has waited longer is never of a lower level, so the levels come one after the other.
  const levels = grouped([...tasks].sort(byAge), (task) => levelOf(task, now));
  const turns = new Map(servedAt);
  let turn = Math.max(0, ...turns.values());
  const ordered: QueuedTask[] = [];
  for (const level of levels.values()) {
    const submitters = [...grouped(level, ({ submitter }) => submitter)];
    // The sort is stable: of those who were never served, whoever has waited longest comes first.
    let round = submitters.sort(([a], [b]) => (turns.get(a) ?? 0) - (turns.get(b) ?? 0));
    for (let place = 0; round.length > 0; place += 1) {
      for (const [submitter, line] of round) {
        ordered.push(...line.slice(place, place + 1));
        turn += 1;
        turns.set(submitter, turn);
      }
      round = round.filter(([, line]) => line.length > place + 1);
    }
  }
  return ordered;
}
