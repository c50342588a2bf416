import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fairOrder, inTurn } from '../../actors/fair-order.ts';
import { Role, TaskId } from '../../db/ids.ts';
import type { QueuedTask } from '../../services/ledger/queue-ledger.ts';

const HOUR_MS = 60 * 60_000;
const NOW = 10 * HOUR_MS;
const SUBMITTERS = ['cli', 'rest', 'mcp:a', 'mcp:b'];

const queued = fc
  .array(fc.record({ submitter: fc.constantFrom(...SUBMITTERS), waited: fc.integer({ min: 0, max: 12 }) }), {
    maxLength: 30,
  })
  .map((all) =>
    all.map(
      ({ submitter, waited }, place): QueuedTask => ({
        id: TaskId.parse(`00000000-0000-4000-8000-${String(place).padStart(12, '0')}`),
        kind: 'task',
        role: Role.parse('coder'),
        worktree: null,
        pinnedSlotId: null,
        lastSlotId: null,
        requires: null,
        createdAt: NOW - (waited * HOUR_MS) / 4,
        waitsFrom: NOW - (waited * HOUR_MS) / 4,
        submitter,
        place,
      }),
    ),
  );
const served = fc
  .shuffledSubarray(SUBMITTERS)
  .map((submitters) => new Map(submitters.map((submitter, place) => [submitter, place + 1])));

const level = ({ waitsFrom }: QueuedTask): number => Math.floor((NOW - waitsFrom) / HOUR_MS);

/** The rule, word by word: whoever is first now is served, and the rest stand in line again. */
function oneAfterTheOther(tasks: readonly QueuedTask[], servedAt: ReadonlyMap<string, number>) {
  const turns = new Map(servedAt);
  const turn = (task: QueuedTask): number => turns.get(task.submitter) ?? 0;
  const left = new Set(tasks);
  const ordered: QueuedTask[] = [];
  while (left.size > 0) {
    const [next] = [...left].sort(
      (a, b) => level(b) - level(a) || turn(a) - turn(b) || a.waitsFrom - b.waitsFrom || a.place - b.place,
    );
    if (next === undefined) break;
    left.delete(next);
    turns.set(next.submitter, Math.max(0, ...turns.values()) + 1);
    ordered.push(next);
  }
  return ordered;
}

test('the whole order is that of serving one after the other', () => {
  fc.assert(
    fc.property(queued, served, (tasks, servedAt) => {
      expect(fairOrder(tasks, servedAt, NOW)).toEqual(oneAfterTheOther(tasks, servedAt));
    }),
  );
});

test('the first tasks in order are of the submitters whose turn it is', () => {
  fc.assert(
    fc.property(queued, served, fc.integer({ min: 1, max: 4 }), (tasks, servedAt, most) => {
      const heads = SUBMITTERS.flatMap((submitter) =>
        tasks
          .filter((task) => task.submitter === submitter)
          .sort((a, b) => a.waitsFrom - b.waitsFrom || a.place - b.place)
          .slice(0, 1),
      );
      const first = inTurn(heads, servedAt, NOW).slice(0, most);
      for (const { submitter } of fairOrder(tasks, servedAt, NOW).slice(0, most))
        expect(first.map((head) => head.submitter)).toContain(submitter);
    }),
  );
});
