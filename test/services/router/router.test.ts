import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import type { Router, Said } from '../../../services/router/api.ts';
import {
  type ScriptedModel,
  startScriptedModel,
} from '../../../services/scripted-model/start-scripted-model.ts';
import { freePort } from '../../server/free-port.ts';
import { type StubReply, type StubRequest, startOpenAiStub } from './openai-stub.ts';
import { routerOf } from './router-of.ts';

const KEY = 'key-of-the-stub-0123456789';
const PRICE = { input: 1, output: 10 };
const open = (): AbortSignal => new AbortController().signal;
const asking = (content: string, more: object = {}) => ({
  messages: [{ role: 'user' as const, content }],
  signal: open(),
  ...more,
});

let database: OpenDatabase;
let model: ScriptedModel;
let stub: Awaited<ReturnType<typeof startOpenAiStub>>;
let does: (request: StubRequest, number: number) => StubReply;

beforeEach(async () => {
  database = openDatabase(':memory:');
  model = await startScriptedModel();
  does = () => ({ say: 'Hello from the stub' });
  stub = await startOpenAiStub((request, number) => does(request, number));
});
afterEach(async () => {
  await model.close();
  await stub.close();
  database.close();
});

const anthropic = (more: object = {}) => ({
  name: 'claude',
  type: 'anthropic',
  base_url: model.url,
  models: [{ name: 'claude-test', price: PRICE }],
  retries: 0,
  ...more,
});
const openai = (more: object = {}) => ({
  name: 'stub',
  type: 'openai',
  base_url: stub.url,
  models: [{ name: 'gpt-test', price: PRICE }],
  retries: 0,
  ...more,
});
const router = (...backends: object[]): Router =>
  routerOf({ backends }, database.db, { keys: { stub: KEY, claude: KEY } });
const rows = () => database.db.query.routerCalls.findMany().sync();

describe('one backend', () => {
  test('the Messages API answers piece by piece, with what it used and what that cost', async () => {
    const heard: string[] = [];
    const reply = await router(anthropic()).chat(
      asking('usage: 2000', {
        heard: (said: Said) => heard.push(said.type === 'words' ? said.text : said.type),
      }),
    );
    expect(reply).toEqual({
      text: 'Counted 2000 tokens.',
      model: 'claude-test',
      backend: 'claude',
      usage: { inputTokens: 2_000, outputTokens: 50 },
      costUsd: (2_000 * 1 + 50 * 10) / 1_000_000,
      finish: 'done',
    });
    expect(heard.length).toBeGreaterThan(1);
    expect(heard.join('')).toBe('Counted 2000 tokens.');
    expect(rows()).toMatchObject([
      { outcome: 'done', inputTokens: 2_000, outputTokens: 50, fromBackend: 'claude' },
    ]);
  });

  test('an OpenAI-compatible one gets messages, model, key and limit, and nothing of the environment', async () => {
    process.env['OPENAI_CUSTOM_HEADERS'] = 'x-private: for-another-gateway';
    try {
      const reply = await router(openai()).chat({
        ...asking('hi', { maxTokens: 77 }),
        messages: [
          { role: 'system', content: 'be brief' },
          { role: 'user', content: 'hi' },
        ],
      });
      expect(reply).toMatchObject({
        text: 'Hello from the stub',
        usage: { inputTokens: 100, outputTokens: 20 },
      });
    } finally {
      delete process.env['OPENAI_CUSTOM_HEADERS'];
    }
    const [request] = stub.requests();
    expect(request).toMatchObject({
      model: 'gpt-test',
      max_tokens: 77,
      messages: [{ role: 'system' }, { role: 'user', content: 'hi' }],
      headers: { authorization: `Bearer ${KEY}` },
    });
    expect(Object.keys(request?.headers ?? {})).not.toContain('x-private');
  });

  test('without a key none is sent', async () => {
    await routerOf({ backends: [openai()] }, database.db).chat(asking('hi'));
    expect(stub.requests()[0]?.headers.authorization).toBeUndefined();
  });

  test('a backend that does not count is counted by letters, and says so', async () => {
    does = () => ({ say: 'four letters a token', usage: false });
    expect((await router(openai()).chat(asking('hi there'))).usage).toEqual({
      inputTokens: 2,
      outputTokens: 5,
      estimated: true,
    });
  });

  test.each([
    ['less than nothing', { prompt_tokens: -1_000_000_000, completion_tokens: -5 }],
    ['no numbers', { prompt_tokens: 'lots', completion_tokens: null }],
    ['broken numbers', { prompt_tokens: 1.5, completion_tokens: 1e300 }],
    ['nothing that could be counted', 'none'],
  ])('what was used is not believed when it is %s', async (_, usage) => {
    does = () => ({ say: 'one two three four', usage });
    const reply = await router(openai()).chat(asking('12345678'));
    expect(reply).toMatchObject({ usage: { inputTokens: 2, outputTokens: 5, estimated: true } });
    expect(reply.costUsd).toBeGreaterThan(0);
    expect(rows()).toMatchObject([{ inputTokens: 2, outputTokens: 5 }]);
  });

  test('a line without end is given up before it takes the time of everybody else', async () => {
    does = () => ({ endless: `data: ${'x'.repeat(100_000)}` });
    await expect(router(openai({ timeout_seconds: 60 })).chat(asking('hi'))).rejects.toMatchObject({
      code: 'router_unavailable',
      message: expect.stringContaining('the answer has no end'),
    });
  });

  test('an answer that was cut at the limit says so; one that was refused is an error', async () => {
    does = () => ({ say: 'the first ha', finish: 'length' });
    expect(await router(openai()).chat(asking('hi'))).toMatchObject({ finish: 'cut' });
    does = () => ({ say: '', finish: 'content_filter' });
    await expect(router(openai()).chat(asking('hi'))).rejects.toMatchObject({ code: 'router_refused' });
  });

  test('it tries again after the pause that a 429 names', async () => {
    does = (_, number) =>
      number === 1 ? { status: 429, headers: { 'retry-after': '0.05' } } : { say: 'second time' };
    expect(await router(openai({ retries: 1 })).chat(asking('hi'))).toMatchObject({ text: 'second time' });
    expect(stub.requests()).toHaveLength(2);
  });

  test('and after an overload of the Messages API', async () => {
    const reply = await router(anthropic({ retries: 2 })).chat(asking('flaky: 529 1'));
    expect(reply).toMatchObject({ text: 'recovered', backend: 'claude' });
  });

  test('a pause of an hour is not waited for', async () => {
    does = () => ({ status: 429, headers: { 'retry-after': '3600' } });
    await expect(router(openai({ retries: 5 })).chat(asking('hi'))).rejects.toMatchObject({
      code: 'router_unavailable',
      message: expect.stringContaining('429'),
    });
    expect(stub.requests()).toHaveLength(1);
  });

  test('a wrong key is told without the key, and costs nothing', async () => {
    does = () => ({ status: 401, message: `Incorrect API key provided: ${KEY}.` });
    const failure = await router(openai())
      .chat(asking('hi'))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'router_unavailable', message: expect.stringContaining('401') });
    expect(JSON.stringify([failure, String(failure), rows()])).not.toContain(KEY);
    expect(rows()).toMatchObject([{ outcome: 'failed', costUsd: 0 }]);
  });

  test('a redirect is not followed: the key stays where it belongs', async () => {
    does = () => ({ status: 307, headers: { location: `${model.url}/v1/messages` } });
    await expect(router(openai()).chat(asking('hi'))).rejects.toMatchObject({ code: 'router_unavailable' });
    expect(model.requests()).toEqual([]);
  });

  test('a key that an answer repeats is taken out of it, also where it comes in pieces', async () => {
    const heard: string[] = [];
    const told = { heard: (said: Said) => heard.push(said.type === 'words' ? said.text : said.type) };
    does = () => ({ say: `your key is ${KEY} ok` });
    expect((await router(openai()).chat(asking('hi', told))).text).toBe('your key is [secret] ok');
    expect(heard.splice(0).join('')).toBe('your key is [secret] ok');
    const unbroken = 'x'.repeat(600);
    does = () => ({ pieces: [unbroken, ...KEY, unbroken, ...unbroken], ends: 'done' });
    const { text } = await router(openai()).chat(asking('hi', told));
    expect(text).toBe(`${unbroken}[secret]${unbroken}${unbroken}`);
    expect(heard.join('')).toBe(text);
  });

  test('who listens hears that another backend begins anew, and nothing of the first is in the answer', async () => {
    const heard: Said[] = [];
    does = () => ({ pieces: ['half ', 'an answer'], ends: 'cut' });
    const reply = await router(openai(), anthropic()).chat(
      asking('say: whole', { heard: (said: Said) => heard.push(said) }),
    );
    expect(reply.text).toBe('whole');
    const again = heard.findIndex(({ type }) => type === 'anew');
    const words = (said: readonly Said[]) =>
      said.map((one) => (one.type === 'words' ? one.text : '')).join('');
    expect(words(heard.slice(0, again))).toBe('half an answer');
    expect(words(heard.slice(again))).toBe('whole');
  });

  test('texts become vectors, in their order', async () => {
    does = () => ({
      vectors: [
        [1, 0],
        [0, 0.5],
      ],
    });
    const reply = await router(openai({ embedding_model: { name: 'e', price: PRICE } })).embed(
      ['a', 'b'],
      open(),
    );
    expect(reply).toEqual({
      vectors: [Float32Array.of(1, 0), Float32Array.of(0, 0.5)],
      model: 'e',
      dimensions: 2,
    });
    expect(rows()).toMatchObject([{ kind: 'embed', inputTokens: 7 }]);
    does = () => ({ vectors: [[1, 0]] });
    await expect(
      router(openai({ embedding_model: { name: 'e' } })).embed(['a', 'b'], open()),
    ).rejects.toMatchObject({ code: 'router_unavailable' });
  });
});

test.each([
  ['are empty', [[], []]],
  ['are not alike', [[1], [1, 2]]],
  ['are larger than they can be kept', [[1e300], [1]]],
])('vectors that %s are none', async (_, vectors) => {
  does = () => ({ vectors });
  await expect(
    router(openai({ embedding_model: { name: 'e' } })).embed(['a', 'b'], open()),
  ).rejects.toMatchObject({ code: 'router_unavailable' });
});

test('who waited for a place has all the time of a call from then on', async () => {
  does = (_, number) => (number === 1 ? { hang: true } : { say: 'a b c d e', wordMs: 100 });
  const alone = router(openai({ max_concurrent: 1, timeout_seconds: 2 }));
  const first = expect(alone.chat(asking('first'))).rejects.toMatchObject({ code: 'router_unavailable' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await alone.chat(asking('second'))).toMatchObject({ text: 'a b c d e' });
  await first;
});

describe('the next backend', () => {
  test.each([
    ['fails', (): StubReply => ({ status: 500, message: 'out of order' }), {}],
    ['is cut in mid-stream', (): StubReply => ({ cutAfter: 3, how: 'cut' }), {}],
    ['ends in mid-stream as if that were all', (): StubReply => ({ cutAfter: 3, how: 'end' }), {}],
    ['is silent for too long', (): StubReply => ({ hang: true }), { timeout_seconds: 0.3 }],
    [
      'is slower than it may be',
      (): StubReply => ({ say: 'a b c d', wordMs: 300 }),
      { timeout_seconds: 0.5 },
    ],
  ])('answers when the first %s', async (_, reply, more) => {
    does = reply;
    expect(await router(openai(more), anthropic()).chat(asking('say: I am here'))).toMatchObject({
      text: 'I am here',
      backend: 'claude',
    });
    expect(rows()).toMatchObject([
      { fromBackend: 'stub', outcome: expect.not.stringMatching('done') },
      { outcome: 'done' },
    ]);
  });

  test('answers when the first lacks the model, has no key, or nobody listens', async () => {
    const all = router(openai(), anthropic());
    expect(await all.chat(asking('say: x', { model: 'claude-test' }))).toMatchObject({ backend: 'claude' });
    await expect(all.chat(asking('hi', { model: 'no-such' }))).rejects.toMatchObject({
      code: 'router_model_unknown',
      remedy: expect.stringContaining('gpt-test'),
    });
    expect(stub.requests()).toEqual([]);
    const gone = openai({ base_url: `http://127.0.0.1:${await freePort()}/v1` });
    expect(await router(gone, anthropic()).chat(asking('say: x'))).toMatchObject({ backend: 'claude' });
    await expect(router(gone).chat(asking('hi'))).rejects.toThrow(/stub: .*ECONNREFUSED/);
  });

  test('is asked when the first has as many calls as it may have; with nobody else they wait their turn', async () => {
    does = () => ({ say: 'one two three', wordMs: 100 });
    const both = router(openai({ max_concurrent: 1 }), anthropic());
    const [first, second] = await Promise.all([both.chat(asking('say: x')), both.chat(asking('say: x'))]);
    expect([first.backend, second.backend]).toEqual(['stub', 'claude']);
    const alone = router(openai({ max_concurrent: 1 }));
    let most = 0;
    const look = () => {
      most = Math.max(most, alone.standing().backends[0]?.running ?? 0);
    };
    const replies = await Promise.all([1, 2, 3].map(() => alone.chat(asking('x', { heard: look }))));
    expect(replies.map(({ backend }) => backend)).toEqual(['stub', 'stub', 'stub']);
    expect(most).toBe(1);
  });

  test('all of them are named when none answers', async () => {
    does = () => ({ status: 503 });
    await expect(router(openai(), anthropic()).chat(asking('error: 400'))).rejects.toMatchObject({
      code: 'router_unavailable',
      facts: { said: [expect.stringMatching(/^stub: 503/), expect.stringMatching(/^claude: 400/)] },
    });
  });
});

test('who gives up waits no longer, and what was used by then is counted', async () => {
  const giving = new AbortController();
  const asked = router(anthropic(), openai()).chat({
    ...asking('slow: 100'),
    signal: giving.signal,
    heard: () => giving.abort(),
  });
  await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  expect(rows()).toMatchObject([{ outcome: 'cancelled', inputTokens: 1_200 }]);
  await expect(router(openai()).chat({ ...asking('x'), signal: giving.signal })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(stub.requests()).toEqual([]);
});

test('nothing is configured: it says what to write', async () => {
  const none = router();
  expect(none.available()).toMatchObject({
    chat: false,
    embeddings: false,
    why: { code: 'router_not_configured' },
  });
  await expect(none.chat(asking('hi'))).rejects.toMatchObject({
    remedy: expect.stringContaining('router.yaml'),
  });
  expect(router(openai()).available()).toEqual({ chat: true, embeddings: false });
});
