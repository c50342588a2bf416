import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDispatcher, type DispatchSlot } from '../../actors/dispatcher.ts';
import { Role, SlotId, type TaskId } from '../../db/ids.ts';
import { type OpenDatabase, openDatabase } from '../../db/open.ts';
import { createQueueLedger, type QueueLedger } from '../../services/ledger/queue-ledger.ts';
import { createTaskLedger, type TaskLedger } from '../../services/ledger/task-ledger.ts';
import { taskRow } from '../services/ledger/task-row.ts';

const coder = Role.parse('coder');
const researcher = Role.parse('researcher');

let database: OpenDatabase;
let tasks: TaskLedger;
let waiting: QueueLedger;
beforeEach(() => {
  database = openDatabase(':memory:');
  tasks = createTaskLedger(database.db);
  waiting = createQueueLedger(database.db);
});
afterEach(() => database.close());

const slot = (name: string, change: Partial<DispatchSlot> = {}): DispatchSlot => ({
  slotId: SlotId.parse(name),
  role: coder,
  isWorkspace: false,
  traits: [],
  cwd: '/tmp',
  heldFor: null,
  readiness: 'ready',
  killedAt: null,
  lastUsedAt: 0,
  failure: null,
  ...change,
});

function queue(count: number, change: Parameters<typeof taskRow>[0] = {}): TaskId[] {
  return database.db.transaction(() =>
    Array.from({ length: count }, () => {
      const row = taskRow(change);
      tasks.insert(row);
      return row.id;
    }),
  );
}

/** One look at queue and slots. */
function dispatchTo(slots: readonly DispatchSlot[], given: ReadonlySet<TaskId> = new Set(), now = 10) {
  const assigned: (readonly [string, TaskId])[] = [];
  const started: string[] = [];
  const refused: TaskId[] = [];
  let read = 0;
  const dispatcher = createDispatcher({
    now: () => now,
    queuedFor({ slotId, role, traits, killedAt }, most, inTurn) {
      const window = { since: killedAt ?? 0, limit: most + given.size, traits, inTurn };
      const found = [...waiting.forSlot(slotId, window), ...waiting.forRole(role, window)];
      read += found.length;
      return found.filter(({ id }) => !given.has(id));
    },
    slots: () => slots,
    assign: (task, slotId) => assigned.push([slotId, task.id]),
    bring: (_, slotId) => started.push(slotId),
    isThere: () => true,
    boundTo: () => null,
    refuse: (task) => refused.push(task.id),
  });
  return {
    dispatch: dispatcher.dispatch,
    seen: () => ({ assigned, started, refused, read }),
  };
}

test('thousands of tasks that wait for busy slots are not even read', () => {
  queue(2_000);
  const { dispatch, seen } = dispatchTo([slot('a', { readiness: 'busy' }), slot('b', { readiness: 'busy' })]);
  dispatch();
  expect(seen()).toEqual({ assigned: [], started: [], refused: [], read: 0 });
});

test('of thousands as many are read as slots can take, and the oldest are taken', () => {
  const [first, second] = queue(2_000);
  const { dispatch, seen } = dispatchTo([slot('a', { lastUsedAt: 2 }), slot('b', { lastUsedAt: 1 })]);
  dispatch();
  expect(seen().assigned).toEqual([
    ['b', first],
    ['a', second],
  ]);
  expect(seen().read).toBeLessThanOrEqual(4);
});

test('a task does not wait behind thousands for another role, nor behind those for another slot', () => {
  queue(500);
  queue(500, { role: researcher, pinnedSlotId: SlotId.parse('researcher-2') });
  const [wanted] = queue(1, { role: researcher });
  const { dispatch, seen } = dispatchTo([
    slot('coder-1', { readiness: 'busy' }),
    slot('researcher-1', { role: researcher }),
    slot('researcher-2', { role: researcher, readiness: 'busy' }),
  ]);
  dispatch();
  expect(seen().assigned).toEqual([['researcher-1', wanted]]);
});

test('what names a slot and what names a role are served by age together', () => {
  const [byRole] = queue(1, { createdAt: 2 });
  const [bySlot] = queue(1, { createdAt: 1, pinnedSlotId: SlotId.parse('a') });
  const { dispatch, seen } = dispatchTo([slot('a'), slot('b')]);
  dispatch();
  expect(seen().assigned).toEqual([
    ['a', bySlot],
    ['b', byRole],
  ]);
});

test('tasks that were given a moment ago are not given again, however many there are', () => {
  const ids = queue(6);
  const { dispatch, seen } = dispatchTo([slot('a')], new Set(ids.slice(0, 5)));
  dispatch();
  expect(seen().assigned).toEqual([['a', ids[5]]]);
});

test('a slot that a person ended is started for a task of later, not for those of before', () => {
  queue(50, { createdAt: 10 });
  const down = slot('a', { readiness: 'startable', killedAt: 20 });
  const before = dispatchTo([down]);
  before.dispatch();
  expect(before.seen().started).toEqual([]);
  queue(1, { createdAt: 20 });
  const after = dispatchTo([down]);
  after.dispatch();
  expect(after.seen().started).toEqual(['a']);
});

test('tasks for which no slot can be started are refused one after the other, and hold up nobody', () => {
  const ids = queue(3);
  const failing = dispatchTo([slot('a', { readiness: 'startable' })]);
  for (let look = 0; look < 4; look += 1) failing.dispatch();
  expect(failing.seen().refused).toEqual([ids[0]]);
  expect(failing.seen().started).toHaveLength(4);
});

test('the most urgent is served first, then each submitter in turn, then the oldest', () => {
  const [first, second] = queue(2, { submitter: 'cli' });
  const [third] = queue(1, { submitter: 'rest', createdAt: 2 });
  const [urgent] = queue(1, { submitter: 'cli', createdAt: 3, priority: 1 });
  const slots = ['a', 'b', 'c', 'd'].map((name) => slot(name));
  const { dispatch, seen } = dispatchTo(slots);
  dispatch();
  // The urgent one was the turn of `cli`.
  expect(seen().assigned.map(([, id]) => id)).toEqual([urgent, third, first, second]);
});

test('one task of a submitter does not wait behind the thousands of another', () => {
  queue(2_000, { submitter: 'loop' });
  const [alone] = queue(1, { submitter: 'person', createdAt: 9 });
  const { dispatch, seen } = dispatchTo([slot('a'), slot('b')]);
  dispatch();
  expect(seen().assigned.map(([, id]) => id)).toContain(alone);
});

test('of a thousand submitters only those are read whose turn it is', () => {
  const ids = Array.from({ length: 1_000 }, (_, count) =>
    queue(5, { submitter: `session ${count}`, createdAt: 1_000 - count }),
  );
  const { dispatch, seen } = dispatchTo([slot('a', { lastUsedAt: 1 }), slot('b', { lastUsedAt: 2 })]);
  dispatch();
  expect(seen().assigned).toEqual([
    ['a', ids[999]?.[0]],
    ['b', ids[998]?.[0]],
  ]);
  expect(seen().read).toBeLessThanOrEqual(8);
});

test('a task of low priority does not starve: each hour of waiting is worth a level', () => {
  const hour = 60 * 60_000;
  const [patient] = queue(1, { priority: -2, createdAt: 0 });
  const [late] = queue(1, { priority: 3, createdAt: 0, notBefore: 5 * hour });
  const [urgent] = queue(1, { createdAt: 5 * hour });
  const order = (now: number) => {
    const { dispatch, seen } = dispatchTo([slot('a'), slot('b'), slot('c')], new Set(), now);
    dispatch();
    return seen().assigned.map(([, id]) => id);
  };
  // A level of 3; one of 3, before which 5 hours count for nothing; one of 0.
  expect(order(5 * hour)).toEqual([patient, late, urgent]);
  const [newer] = queue(1, { priority: 4, createdAt: 5 * hour });
  expect(order(5 * hour)).toEqual([newer, patient, late]);
});

test('a task goes only to a slot that has what it requires, and holds up nobody else', () => {
  queue(200, { requires: ['gpu', 'docker'] });
  const [plain] = queue(1, { createdAt: 2 });
  const [gpu] = queue(1, { createdAt: 3, requires: ['gpu'] });
  const { dispatch, seen } = dispatchTo([
    slot('a', { lastUsedAt: 1 }),
    slot('b', { lastUsedAt: 2, traits: ['gpu', 'fast'] }),
  ]);
  dispatch();
  expect(seen().assigned).toEqual([
    ['a', plain],
    ['b', gpu],
  ]);
});

test('whatever waits, slots that become free again and again do all of it, each task once', () => {
  const kind = fc.record({
    submitter: fc.constantFrom('cli', 'rest', 'mcp:a'),
    priority: fc.integer({ min: -1, max: 1 }),
    requires: fc.constantFrom(null, ['gpu']),
    pinnedSlotId: fc.constantFrom(null, SlotId.parse('a')),
    createdAt: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(kind, { maxLength: 30 }), (kinds) => {
      database.raw.exec('delete from tasks');
      const ids = kinds.flatMap((change) => queue(1, change));
      const { dispatch, seen } = dispatchTo([slot('a', { traits: ['gpu'] }), slot('b')]);
      for (let round = 0; round < ids.length; round += 1) {
        dispatch();
        for (const [, id] of seen().assigned) tasks.update(id, { status: 'done' });
      }
      const given = seen().assigned.map(([, id]) => id);
      expect([...given].sort()).toEqual([...ids].sort());
      for (const [name, id] of seen().assigned) {
        const task = tasks.get(id);
        if (task?.requires !== null || task.pinnedSlotId !== null) expect(name).toBe('a');
      }
    }),
    { numRuns: 50 },
  );
});

test('what is for a role goes to no workspace of a person, and what names it does', () => {
  queue(1);
  const [named] = queue(1, { pinnedSlotId: SlotId.parse('mine') });
  const { dispatch, seen } = dispatchTo([
    slot('mine', { isWorkspace: true }),
    slot('other', { isWorkspace: true, readiness: 'startable' }),
  ]);
  dispatch();
  expect(seen()).toMatchObject({ assigned: [['mine', named]], started: [] });
});
