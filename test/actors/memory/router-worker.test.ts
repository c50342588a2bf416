import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRouterWorker } from '../../../actors/memory/router-worker.ts';
import { type StubReply, type StubRequest, startOpenAiStub } from '../../services/router/openai-stub.ts';
import { routerOf } from '../../services/router/router-of.ts';
import { createMemoryStage, type MemoryStage } from './memory-stage.ts';
import { shownIn } from './shown-lines.ts';

const MINUTE_MS = 60_000;
const WAIT = { timeout: 20_000, interval: 20 };
const TOKEN = `ghp_${'a1B2'.repeat(9)}`;

let stub: Awaited<ReturnType<typeof startOpenAiStub>>;
let stage: MemoryStage;
let asked: string[];
let does: (words: string) => StubReply;

const wordsOf = ({ messages }: StubRequest): string => messages.map(({ content }) => content).join('\n');

beforeEach(async () => {
  asked = [];
  stub = await startOpenAiStub((request) => {
    asked.push(wordsOf(request));
    return does(wordsOf(request));
  });
  stage = createMemoryStage({ worker: 'router', deep: false, consolidation: false }, (db) =>
    createRouterWorker({ router: routerOf({ backends: [backend()] }, db), model: undefined }),
  );
});
afterEach(async () => {
  stage.close();
  await stub.close();
});

const backend = () => ({
  name: 'stub',
  type: 'openai',
  base_url: stub.url,
  models: [{ name: 'gpt-test', price: { input: 1, output: 1 } }],
  retries: 0,
});
const answer = (words: string): StubReply => ({
  say: JSON.stringify({
    entries: shownIn(words).map(({ id, said }) => ({
      category: 'memory',
      key: `fact-${id}`,
      summary: said,
      message_ids: [id],
    })),
  }),
});
const entries = () => stage.running().knowledge.list({ limit: 10 }).entries;

test('a language model reads instead of a slot; secrets and addresses do not reach it, and addresses come back', async () => {
  does = answer;
  stage.say(`The gateway is 10.1.2.3, its token ${TOKEN}`);
  stage.later(MINUTE_MS);
  await stage.look();
  await vi.waitFor(() => expect(entries()).toHaveLength(1), WAIT);
  expect(asked).toHaveLength(1);
  expect(asked[0]).not.toContain('10.1.2.3');
  expect(asked[0]).not.toContain(TOKEN);
  expect(entries()[0]?.summary).toContain('The gateway is 10.1.2.3');
  expect(stage.running().memory.status()).toMatchObject({ worker: 'router', jobs: { done: 1 } });
  expect(stage.errors).toEqual([]);
});

test('a daemon that is killed while the model thinks asks again, and keeps what it says once', async () => {
  does = () => ({ hang: true });
  stage.say('The port is 4711');
  stage.later(MINUTE_MS);
  await stage.look();
  await vi.waitFor(() => expect(asked).toHaveLength(1), WAIT);
  does = answer;
  stage.kill();
  await vi.waitFor(() => expect(entries()).toHaveLength(1), WAIT);
  expect(asked).toHaveLength(2);
  expect(stage.running().memory.status().recent).toMatchObject([{ status: 'done', attempt: 1 }]);
});

test('without a backend no job is made, and the status says why', async () => {
  stage.close();
  stage = createMemoryStage({ worker: 'router' }, (db) =>
    createRouterWorker({ router: routerOf({ backends: [] }, db), model: undefined }),
  );
  stage.say('hello');
  stage.later(MINUTE_MS);
  await stage.look();
  const { worker, why, jobs } = stage.running().memory.status();
  expect([worker, jobs]).toEqual([null, {}]);
  expect(why).toMatch(/router|backend/i);
});
