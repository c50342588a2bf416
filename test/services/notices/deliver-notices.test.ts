import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import { NoticeHook } from '../../../services/config/notice-hooks.ts';
import { createNoticeLedger, type NoticeRow } from '../../../services/ledger/notice-ledger.ts';
import { createNoticeDelivery, type NoticeDelivery } from '../../../services/notices/deliver-notices.ts';
import { receiverOf } from '../../../services/notices/receivers.ts';

const near = receiverOf(NoticeHook.parse({ on: ['task_done'], url: 'http://near.example' }));
const far = receiverOf(NoticeHook.parse({ on: ['task_done'], url: 'http://far.example' }));
const DAY_MS = 24 * 60 * 60_000;

let database: OpenDatabase;
let delivery: NoticeDelivery | undefined;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  database = openDatabase(':memory:');
});
afterEach(() => {
  delivery?.close();
  database.close();
  vi.useRealTimers();
});

const notice = (receiver: string, subject: string): NoticeRow => ({
  id: randomUUID(),
  receiver,
  event: 'task_done',
  subject,
  body: '{}',
  status: 'waiting',
  attempts: 0,
  nextAttemptAt: Date.now(),
  createdAt: Date.now(),
  endedAt: null,
  failure: null,
});

/** A delivery whose receivers take what `takes` says; what was tried, in order. */
function deliver(takes: (subject: string, attempt: number) => boolean) {
  const ledger = createNoticeLedger(database.db);
  const tried: string[] = [];
  delivery = createNoticeDelivery({
    ledger,
    receivers: [near, far],
    now: () => Date.now(),
    report: () => {},
    async send(_, { subject, attempts }) {
      tried.push(subject);
      if (!takes(subject, attempts + 1)) throw new Error('nobody is there');
    },
  });
  return { ledger, tried, delivery };
}
const statuses = () =>
  database.raw.prepare('select subject, status from notices order by subject').raw().all();

describe('the outbox', () => {
  test('is tried again, later and later, until it is taken', async () => {
    const { ledger, tried, delivery: started } = deliver((_, attempt) => attempt === 4);
    ledger.add([notice(near.id, 'a')]);
    started.wake();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(tried).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tried).toHaveLength(4);
    expect(statuses()).toEqual([['a', 'delivered']]);
  });

  test('a dead receiver does not keep another from hearing', async () => {
    const { ledger, tried, delivery: started } = deliver((subject) => subject !== 'dead');
    ledger.add([notice(far.id, 'dead'), notice(near.id, 'b')]);
    started.wake();
    await vi.advanceTimersByTimeAsync(10);
    expect(tried).toContain('b');
    expect(statuses()).toEqual([
      ['b', 'delivered'],
      ['dead', 'waiting'],
    ]);
  });

  test('one notice that is never taken does not keep the others of its receiver', async () => {
    const { ledger, delivery: started } = deliver((subject) => subject !== 'poison');
    ledger.add([notice(near.id, 'poison'), notice(near.id, 'x'), notice(near.id, 'y')]);
    started.wake();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(statuses()).toEqual([
      ['poison', 'waiting'],
      ['x', 'delivered'],
      ['y', 'delivered'],
    ]);
  });

  test('what nobody took for days is given up', async () => {
    const { ledger, tried, delivery: started } = deliver(() => false);
    ledger.add([notice(near.id, 'a')]);
    started.wake();
    await vi.advanceTimersByTimeAsync(5 * DAY_MS);
    expect(statuses()).toEqual([['a', 'abandoned']]);
    const times = tried.length;
    await vi.advanceTimersByTimeAsync(DAY_MS);
    expect(tried).toHaveLength(times);
  });

  test('of one thing a receiver is told once, and what waits for a removed receiver ends', async () => {
    const { ledger, tried, delivery: started } = deliver(() => true);
    ledger.add([notice(near.id, 'a')]);
    ledger.add([notice(near.id, 'a'), notice('removed', 'b')]);
    ledger.abandonOthers([near.id], Date.now());
    started.wake();
    await vi.advanceTimersByTimeAsync(10);
    expect(tried).toEqual(['a']);
    expect(statuses()).toEqual([
      ['a', 'delivered'],
      ['b', 'abandoned'],
    ]);
  });
});
