import type { QueuedTask } from '../services/ledger/queue-ledger.ts';

function byAge(a: QueuedTask, b: QueuedTask): number {
  return b.priority - a.priority || a.createdAt - b.createdAt || a.place - b.place;
}

/**
 * The order in which tasks are served: the most urgent first; among equals each submitter in turn, whoever was served
 * longest ago first, so that nobody waits behind the thousands of another; of one submitter the oldest.
 *
 * @param servedAt when each submitter was served last, on any clock that grows; absent: never
 */
export function fairOrder(
  tasks: readonly QueuedTask[],
  servedAt: ReadonlyMap<string, number>,
): readonly QueuedTask[] {
  const lines = new Map<string, QueuedTask[]>();
  for (const task of [...tasks].sort(byAge))
    lines.set(task.submitter, [...(lines.get(task.submitter) ?? []), task]);
  const turns = new Map(servedAt);
  let turn = Math.max(0, ...turns.values());
  const ordered: QueuedTask[] = [];
  while (ordered.length < tasks.length) {
    const heads = [...lines.values()].flatMap((line) => line.slice(0, 1));
    const [next] = heads.sort(
      (a, b) =>
        b.priority - a.priority ||
        (turns.get(a.submitter) ?? 0) - (turns.get(b.submitter) ?? 0) ||
        byAge(a, b),
    );
    if (next === undefined) break;
    lines.get(next.submitter)?.shift();
    turn += 1;
    turns.set(next.submitter, turn);
    ordered.push(next);
  }
  return ordered;
}
