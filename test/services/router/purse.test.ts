import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { createRouterLedger, type RouterLedger } from '../../../services/ledger/router-ledger.ts';
import { createRouter } from '../../../services/router/create-router.ts';
import { RouterFile } from '../../../services/router/settings-schema.ts';
import { SEED } from '../../fuzz/settings.ts';
import { type StubReply, startOpenAiStub } from './openai-stub.ts';
import { routerOf } from './router-of.ts';

const PRICE = { input: 1, output: 10 };
/** Of an answer of the stub: 100 tokens in, 20 out. */
const COST = (100 * PRICE.input + 20 * PRICE.output) / 1_000_000;
const MAX_OUTPUT = 1_000;
const AT_MOST = (1 * PRICE.input + MAX_OUTPUT * PRICE.output) / 1_000_000;
const MIDNIGHT = new Date(2026, 10, 21).getTime();

let database: OpenDatabase;
let stub: Awaited<ReturnType<typeof startOpenAiStub>>;
let does: () => StubReply;
let at: number;
beforeEach(async () => {
  database = openDatabase(':memory:');
  at = MIDNIGHT + 60_000;
  does = () => ({ say: 'ok' });
  stub = await startOpenAiStub(() => does());
});
afterEach(async () => {
  await stub.close();
  database.close();
});

const routerWith = (
  budget: number,
  model: object = { price: PRICE, max_output: MAX_OUTPUT },
  db = database.db,
) =>
  routerOf(
    {
      daily_budget_usd: budget,
      backends: [
        {
          name: 'stub',
          type: 'openai',
          base_url: stub.url,
          models: [{ name: 'm', ...model }],
          retries: 0,
          max_concurrent: 100,
        },
      ],
    },
    db,
    { now: () => at },
  );
const asking = (signal = new AbortController().signal) => ({
  messages: [{ role: 'user' as const, content: 'hi' }],
  signal,
});

test('when the money is spent nothing is asked, over a restart too, until the next day', async () => {
  const first = routerWith(COST);
  await first.chat(asking());
  await expect(first.chat(asking())).rejects.toMatchObject({ code: 'router_budget_spent' });
  const restarted = routerWith(COST);
  await expect(restarted.chat(asking())).rejects.toMatchObject({ code: 'router_budget_spent' });
  expect(restarted.available()).toMatchObject({ chat: false, why: { code: 'router_budget_spent' } });
  expect(stub.requests()).toHaveLength(1);
  at = MIDNIGHT + 24 * 60 * 60_000 - 1;
  await expect(restarted.chat(asking())).rejects.toMatchObject({ code: 'router_budget_spent' });
  at += 1;
  await restarted.chat(asking());
  expect(restarted.standing()).toMatchObject({ day: '2026-11-22', dailyBudgetUsd: COST });
  expect(restarted.standing().spentUsd).toBeCloseTo(COST, 10);
});

test('a call over which a daemon was killed counts with the most that it may have cost', async () => {
  does = () => ({ hang: true });
  const giving = new AbortController();
  const first = routerWith(1);
  const asked = first.chat(asking(giving.signal));
  expect(first.standing()).not.toHaveProperty('unknown');
  // What the rows say at the moment of the kill.
  const [row] = database.db.query.routerCalls.findMany().sync();
  expect(row?.endedAt).toBeNull();
  const restarted = routerWith(1).standing();
  expect(restarted.spentUsd).toBeCloseTo(AT_MOST, 10);
  expect(restarted.unknown).toEqual({ calls: 1, usd: expect.closeTo(AT_MOST, 10) });
  await expect(routerWith(AT_MOST).chat(asking())).rejects.toMatchObject({ code: 'router_budget_spent' });
  giving.abort();
  await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  expect(routerWith(1).standing()).not.toHaveProperty('unknown');
});

test('where money is counted, a model without a price is not asked; where it is not, it is, and has no cost', async () => {
  await expect(routerWith(1, {}).chat(asking())).rejects.toThrow(/no price is known of m/);
  expect(routerWith(1, {}).available().chat).toBe(false);
  expect(stub.requests()).toHaveLength(0);
  const free = routerWith(0.01, { price: { input: 0, output: 0 } });
  expect(await free.chat(asking())).toMatchObject({ costUsd: 0 });
  const uncounted = routerOf(
    { backends: [{ name: 'stub', type: 'openai', base_url: stub.url, models: [{ name: 'm' }] }] },
    database.db,
  );
  expect(await uncounted.chat(asking())).toMatchObject({ costUsd: null });
});

test('prices that cannot be read any more when the answer comes cost nobody the answer', async () => {
  let broken = false;
  const router = routerOf(
    { backends: [{ name: 'stub', type: 'openai', base_url: stub.url, models: [{ name: 'm' }] }] },
    database.db,
    {
      prices() {
        if (broken) throw new MissionError('config_invalid', 'prices.yaml:1:1: is no table');
        return { m: PRICE };
      },
    },
  );
  does = () => {
    broken = true;
    return { say: 'ok' };
  };
  expect((await router.chat(asking())).costUsd).toBeCloseTo(COST, 10);
  await expect(router.chat(asking())).rejects.toThrow('prices.yaml:1:1');
});

test('a full disk costs nobody an answer that was paid for, and nothing is bought that cannot be written down', async () => {
  const errors: unknown[] = [];
  const rows = createRouterLedger(database.db);
  const full = (): never => {
    throw new Error('database or disk is full');
  };
  const routerOn = (ledger: RouterLedger) =>
    createRouter({
      settings: () => ({
        settings: {
          backends: RouterFile.parse({
            backends: [
              { name: 'stub', type: 'openai', base_url: stub.url, models: [{ name: 'm', price: PRICE }] },
            ],
          }).backends.map((settings) => ({ settings, key: null })),
          dailyBudgetUsd: 1,
        },
        problem: null,
      }),
      ledger,
      prices: () => ({}),
      now: () => at,
      onError: (error) => void errors.push(error),
    });
  const router = routerOn({ ...rows, end: full });
  expect((await router.chat(asking())).costUsd).toBeCloseTo(COST, 10);
  expect(errors).toHaveLength(1);
  expect(router.standing().spentUsd).toBeGreaterThan(COST);
  await expect(routerOn({ ...rows, begin: full }).chat(asking())).rejects.toMatchObject({
    code: 'database_failed',
  });
  expect(stub.requests()).toHaveLength(1);
});

test('a budget of nothing asks nobody', async () => {
  await expect(routerWith(0).chat(asking())).rejects.toMatchObject({ code: 'router_budget_spent' });
  expect(stub.requests()).toEqual([]);
});

test('however calls begin, fail, are given up and overtake each other, no call begins when the money is gone', async () => {
  const call = fc.record({
    begins: fc.integer({ min: 0, max: 30 }),
    does: fc.constantFrom<StubReply>(
      { say: 'ok' },
      { say: 'slow words here', wordMs: 5 },
      { status: 500 },
      { cutAfter: 2, how: 'cut' },
      { cutAfter: 2, how: 'end' },
    ),
    givenUpAfter: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { maxLength: 15 }),
      fc.double({ min: 0, max: 3 * AT_MOST, noNaN: true }),
      async (calls, budget) => {
        const world = openDatabase(':memory:');
        const plays = calls.map((one) => one.does);
        const spentAtBeginnings: number[] = [];
        does = () => {
          // The call that begins is in the rows already, with the most that it may cost.
          spentAtBeginnings.push(router.standing().spentUsd - AT_MOST);
          return plays.shift() ?? { say: 'ok' };
        };
        const router = routerWith(budget, undefined, world.db);
        await Promise.allSettled(
          calls.map(async ({ begins, givenUpAfter }) => {
            await new Promise((resolve) => setTimeout(resolve, begins));
            await router.chat(
              asking(givenUpAfter === undefined ? undefined : AbortSignal.timeout(givenUpAfter)),
            );
          }),
        );
        const rows = world.db.query.routerCalls.findMany().sync();
        world.close();
        expect(rows.every(({ endedAt, outcome }) => endedAt !== null && outcome !== null)).toBe(true);
        const spent = rows.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
        expect(spent).toBeLessThan(budget + AT_MOST);
        for (const before of spentAtBeginnings) expect(before).toBeLessThan(budget);
        if (budget === 0) expect(rows).toEqual([]);
      },
    ),
    { seed: SEED, numRuns: 40 },
  );
});
