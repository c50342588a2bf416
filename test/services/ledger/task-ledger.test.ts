import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Role, SlotId } from '../../../db/ids.ts';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import {
  createQueueLedger,
  type QueueLedger,
  type QueueWindow,
} from '../../../services/ledger/queue-ledger.ts';
import { createTaskLedger, type TaskLedger, type TaskRow } from '../../../services/ledger/task-ledger.ts';
import { taskRow } from './task-row.ts';

const role = Role.parse('coder');
const slotId = SlotId.parse('coder-1');
const ALL: QueueWindow = { since: 0, limit: 1_000, traits: [], inTurn: (heads) => heads };

let database: OpenDatabase;
let ledger: TaskLedger;
let queue: QueueLedger;
beforeEach(() => {
  database = openDatabase(':memory:');
  ledger = createTaskLedger(database.db);
  queue = createQueueLedger(database.db);
});
afterEach(() => database.close());

function insert(change: Partial<TaskRow> = {}): TaskRow['id'] {
  const row = taskRow(change);
  ledger.insert(row);
  return row.id;
}

const idsOf = (tasks: readonly { readonly id: string }[]) => tasks.map(({ id }) => id);

describe('the queue', () => {
  it('is served in the order in which it was filled, within a millisecond too', () => {
    const ids = Array.from({ length: 30 }, () => insert());
    expect(idsOf(queue.forRole(role, ALL))).toEqual(ids);
    expect(idsOf(queue.forRole(role, { ...ALL, limit: 3 }))).toEqual(ids.slice(0, 3));
  });

  it('tells what names a slot from what any slot of the role may do, and what has begun from what waits', () => {
    const free = insert();
    const named = insert({ pinnedSlotId: slotId });
    insert({ role: Role.parse('researcher') });
    const running = insert({ status: 'running', slotId });
    insert({ status: 'done' });
    expect(idsOf(queue.forRole(role, ALL))).toEqual([free]);
    expect(idsOf(queue.forSlot(slotId, ALL))).toEqual([named]);
    expect(idsOf(ledger.begun())).toEqual([running]);
  });

  it('leaves out what came before a moment', () => {
    insert({ createdAt: 1 });
    const later = insert({ createdAt: 2 });
    expect(idsOf(queue.forRole(role, { ...ALL, since: 2 }))).toEqual([later]);
  });
});

it('knows the open tasks whose deadline has come', () => {
  const waits = insert({ deadlineAt: 5 });
  const runs = insert({ deadlineAt: 4, status: 'running' });
  insert({ deadlineAt: 6 });
  insert({ deadlineAt: 3, status: 'done' });
  insert();
  expect(new Set(ledger.overdue(5))).toEqual(new Set([waits, runs]));
});

it('reads the queue along an index, and sorts nothing: however much waits, little is read', () => {
  const statements: string[] = [];
  const traced = openDatabase(':memory:');
  const plans = (read: (watched: { tasks: TaskLedger; queue: QueueLedger }) => void): string => {
    const prepare = traced.raw.prepare.bind(traced.raw);
    statements.length = 0;
    const watched = { tasks: createTaskLedger(traced.db), queue: createQueueLedger(traced.db) };
    traced.raw.prepare = (source: string) => {
      statements.push(source);
      return prepare(source);
    };
    read(watched);
    traced.raw.prepare = prepare;
    return statements
      .map((statement) => {
        const blanks = Array.from({ length: statement.split('?').length - 1 }, () => '[]');
        return JSON.stringify(prepare(`explain query plan ${statement}`).all(...blanks));
      })
      .join('\n');
  };
  createTaskLedger(traced.db).insert(taskRow());
  createTaskLedger(traced.db).insert(taskRow({ pinnedSlotId: slotId }));
  for (const plan of [
    plans((watched) => watched.queue.forRole(role, ALL)),
    plans((watched) => watched.queue.forSlot(slotId, ALL)),
    plans((watched) => watched.tasks.overdue(1)),
  ]) {
    expect(plan).toContain('USING');
    expect(plan).toMatch(/tasks_for_|tasks_deadline/);
    expect(plan).not.toContain('SCAN tasks');
    expect(plan).not.toContain('TEMP B-TREE');
  }
  traced.close();
});
