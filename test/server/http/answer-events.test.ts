import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { AnswerEvent } from '../../../server/answer-events.ts';
import { routerChat } from '../../../server/tools/router.ts';
import {
  type ScriptedModel,
  startScriptedModel,
} from '../../../services/scripted-model/start-scripted-model.ts';
import { type StubReply, startOpenAiStub } from '../../services/router/openai-stub.ts';
import { runCli } from '../cli/run-cli.ts';
import { failureOf, type OpenDoors, openDoors } from '../open-doors.ts';

const KEY = 'a-key-that-nobody-may-see';
const PRICE = { input: 1, output: 10 };
const ASKING = { messages: [{ role: 'user' as const, content: 'hi' }] };
const Body = z.record(z.string(), z.unknown());

let doors: OpenDoors;
let model: ScriptedModel;
let stub: Awaited<ReturnType<typeof startOpenAiStub>>;
let does: () => StubReply;
beforeEach(async () => {
  does = () => ({ say: 'Hello from the stub' });
  stub = await startOpenAiStub(() => does());
  model = await startScriptedModel();
  doors = await openDoors({ limits: { ofOneCaller: 2 } });
  backends(openai);
});
afterEach(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
  await stub.close();
  await model.close();
});

const openai = () => ({
  name: 'stub',
  type: 'openai',
  base_url: stub.url,
  models: [{ name: 'm', price: PRICE, max_output: 100_000 }],
  retries: 0,
});
const anthropic = () => ({
  name: 'claude',
  type: 'anthropic',
  base_url: model.url,
  models: [{ name: 'c', price: PRICE }],
});
function backends(...inOrder: (() => object)[]): void {
  const write = (file: string, content: string): void =>
    writeFileSync(path.join(doors.home, file), content, { mode: 0o600 });
  write('router.yaml', stringify({ backends: inOrder.map((one) => one()) }));
  write('credentials.json', JSON.stringify({ keys: { stub: KEY } }));
}

/** Asks over the unix socket; nothing of the reply is read yet. */
async function ask(input: object = ASKING, headers: object = {}): Promise<http.IncomingMessage> {
  const request = http.request({
    socketPath: doors.socketFile,
    agent: false,
    method: 'POST',
    path: '/api/tools/mission_router_chat',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
  });
  request.end(JSON.stringify(input));
  const [reply] = await once(request, 'response');
  return z.instanceof(http.IncomingMessage).parse(reply);
}
const eventsOf = (said: string): AnswerEvent[] =>
  [...said.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)].map(([, event, data = '']) =>
    AnswerEvent.parse({ event, data: JSON.parse(data) }),
  );
const heard = async (input?: object): Promise<AnswerEvent[]> => eventsOf(await text(await ask(input)));
const wordsOf = (events: readonly AnswerEvent[]): string =>
  events.map((one) => (one.event === 'delta' ? one.data.text : '')).join('');
const running = async (): Promise<number> =>
  (await doors.client.routerStatus({})).backends.reduce((sum, one) => sum + one.running, 0);

describe('an answer over REST, read while it is made', () => {
  test('comes in pieces, and whole at the end, without the key wherever it was cut', async () => {
    does = () => ({ pieces: ['It says a-key-that', '-nobody-', 'may-see, ', 'and ', 'more'], ends: 'done' });
    const reply = await ask();
    expect(reply.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const said = await text(reply);
    const events = eventsOf(said);
    expect(said).not.toMatch(/a-key|nobody|may-see/);
    expect(events.map(({ event }) => event).join(' ')).toMatch(/^delta( delta)+ done$/);
    expect(wordsOf(events)).toBe('It says [secret], and more');
    const whole = JSON.parse(
      (
        await doors.tcp({
          path: '/api/tools/mission_router_chat',
          method: 'POST',
          headers: { ...doors.owner, 'content-type': 'application/json' },
          body: JSON.stringify(ASKING),
        })
      ).body,
    );
    expect(events.at(-1)).toEqual({ event: 'done', data: whole });
  });

  test('is that of the backend which answers last', async () => {
    backends(openai, anthropic);
    does = () => ({ pieces: ['half ', 'an answer'], ends: 'cut' });
    const events = await heard({ messages: [{ role: 'user', content: 'say: I am here' }] });
    const again = events.findIndex(({ event }) => event === 'restart');
    expect(wordsOf(events.slice(0, again))).toBe('half an answer');
    expect(wordsOf(events.slice(again))).toBe('I am here');
    expect(events.at(-1)).toMatchObject({
      event: 'done',
      data: { backend: 'claude', response: 'I am here' },
    });
  });

  test('ends with what went wrong when the last backend breaks off', async () => {
    does = () => ({ pieces: ['half ', 'an answer'], ends: 'cut' });
    const events = await heard();
    expect(wordsOf(events)).toBe('half an answer');
    expect(events.at(-1)).toMatchObject({
      event: 'error',
      data: { error: { code: 'router_unavailable', message: expect.stringContaining('stub: ') } },
    });
  });

  test('that cannot begin is a usual error, with its status', async () => {
    does = () => ({ status: 401, message: 'no' });
    const refusals = [
      [await ask(), 502, 'router_unavailable'],
      [await ask({ messages: [] }), 400, 'input_invalid'],
      [
        await ask(ASKING, { authorization: `Bearer ${doors.tokens.create('viewer', undefined).token}` }),
        403,
        'not_permitted',
      ],
    ] as const;
    for (const [reply, status, code] of refusals) {
      const body = await text(reply);
      expect(reply.headers['content-type']).toMatch(/json/);
      expect([reply.statusCode, failureOf({ status, headers: {}, body }).code]).toEqual([status, code]);
    }
  });

  test('that nobody reads any more is not made any further, and what was used is paid for', async () => {
    const before = (await doors.client.routerStatus({})).spentUsd;
    does = () => ({ pieces: ['some ', 'words ', 'of it'], ends: 'hang' });
    const reply = await ask();
    await once(reply, 'data');
    expect(await running()).toBe(1);
    reply.destroy();
    await vi.waitFor(async () => expect(await running()).toBe(0));
    await vi.waitFor(() => expect(stub.callersGone()).toBe(1));
    const spent = (await doors.client.routerStatus({})).spentUsd - before;
    expect(spent).toBeGreaterThan(0);
    // Not the most that it might have been.
    expect(spent).toBeLessThan((100 * PRICE.output) / 1_000_000);
  });

  test('counts as an open call until it has ended', async () => {
    does = () => ({ pieces: ['some ', 'words'], ends: 'hang' });
    const { token } = doors.tokens.create('orchestrator', undefined);
    const mine = { authorization: `Bearer ${token}` };
    const open = [await ask(ASKING, mine), await ask(ASKING, mine)];
    expect((await ask(ASKING, mine)).statusCode).toBe(429);
    open[0]?.destroy();
    does = () => ({ say: 'ok' });
    await vi.waitFor(async () => expect((await ask(ASKING, mine)).statusCode).toBe(200));
    open[1]?.destroy();
  });

  test('waits in large pieces for who reads slowly, while the model goes on', async () => {
    const pieces = Array.from({ length: 300 }, (_, index) => `${index} ${'x'.repeat(5_000)}\n`);
    does = () => ({ pieces, ends: 'done' });
    const reply = await ask();
    await vi.waitFor(async () => expect(await running()).toBe(0), { timeout: 30_000 });
    const events = eventsOf(await text(reply));
    expect(wordsOf(events)).toBe(pieces.join(''));
    expect(events.length).toBeLessThan(pieces.length / 2);
    expect(events.at(-1)?.event).toBe('done');
  });

  test('is said of in the document of the doors', async () => {
    const { body } = await doors.tcp({ path: '/openapi.json', headers: doors.owner });
    const told = z
      .object({ paths: z.record(z.string(), z.object({ post: z.object({ description: z.string() }) })) })
      .parse(JSON.parse(body)).paths;
    const said = Object.entries(told).filter(([, { post }]) =>
      post.description.includes('text/event-stream'),
    );
    expect(said.map(([address]) => address)).toEqual(['/api/tools/mission_router_chat']);
  });
});

describe('the typed client', () => {
  test('gives words as they come, and then the answer', async () => {
    backends(anthropic);
    let words = '';
    let answer: unknown;
    const asked = { messages: [{ role: 'user' as const, content: 'say: one two three' }] };
    for await (const said of doors.client.routerChatHeard(asked)) {
      if (said.type === 'words') words += said.text;
      if (said.type === 'done') answer = said.answer;
    }
    expect(words).toBe('one two three');
    expect(routerChat.output.parse(answer)).toMatchObject({ response: words, backend: 'claude' });
  });

  test('ends the call when its reader goes away, and when it is called off', async () => {
    does = () => ({ pieces: ['some ', 'words'], ends: 'hang' });
    for await (const said of doors.client.routerChatHeard(ASKING)) if (said.type === 'words') break;
    await vi.waitFor(async () => expect(await running()).toBe(0));
    const off = new AbortController();
    const listen = async (): Promise<void> => {
      for await (const _ of doors.client.routerChatHeard(ASKING, { signal: off.signal }))
        off.abort(new Error('not needed any more'));
    };
    await expect(listen()).rejects.toThrow('not needed any more');
    await vi.waitFor(() => expect(stub.callersGone()).toBe(2));
  });

  test('rejects with what the daemon said, also in the middle', async () => {
    const listen = async (input: {
      messages: (typeof ASKING)['messages'];
      task_id?: string;
    }): Promise<void> => {
      for await (const _ of doors.client.routerChatHeard(input));
    };
    await expect(listen({ ...ASKING, task_id: 'ffffffff' })).rejects.toMatchObject({
      code: 'board_task_unknown',
    });
    does = () => ({ pieces: ['some ', 'words'], ends: 'cut' });
    await expect(listen(ASKING)).rejects.toMatchObject({ code: 'router_unavailable' });
    does = () => ({ pieces: ['some ', 'words'], ends: 'hang' });
    const lost = expect(listen(ASKING)).rejects.toMatchObject({ code: 'daemon_unreachable' });
    await vi.waitFor(async () => expect(await running()).toBe(1));
    doors.app.server.closeAllConnections();
    await lost;
  });
});

describe('missiond router chat', () => {
  const chat = (...more: string[]) => ['router', 'chat', '--home', doors.home, ...more, 'hi'];

  test('prints the answer on a terminal as it comes, and nothing that a terminal obeys', async () => {
    does = () => ({ pieces: ['one \u001b[2J', 'two ', 'three'], ends: 'done' });
    const written: string[] = [];
    const ran = await runCli(chat(), {}, (piece) => written.push(piece));
    expect(ran).toEqual({ status: 0, out: 'one two three\n', err: '' });
    expect(written.length).toBeGreaterThan(2);
  });

  test('says that another backend begins anew, and what went wrong, each on a line of its own', async () => {
    backends(openai, anthropic);
    does = () => ({ pieces: ['half an answer'], ends: 'cut' });
    const asked = ['router', 'chat', '--home', doors.home, 'say: whole'];
    expect(await runCli(asked, {}, () => {})).toEqual({
      status: 0,
      out: 'half an answer\nwhole\n',
      err: 'missiond: this backend failed; another one begins anew.\n',
    });
    backends(openai);
    expect(await runCli(chat(), {}, () => {})).toMatchObject({
      status: 1,
      out: 'half an answer\n',
      err: expect.stringMatching(/^missiond: No backend answered\./),
    });
  });

  test('prints one whole answer where nobody reads along, and for programs', async () => {
    backends(openai, anthropic);
    does = () => ({ pieces: ['half an answer'], ends: 'cut' });
    const asked = ['router', 'chat', '--home', doors.home, 'say: whole'];
    expect((await runCli(asked)).out).toBe('whole\n');
    const { out } = await runCli([...asked, '--json'], {}, () => {});
    expect(Body.parse(JSON.parse(out))).toMatchObject({ response: 'whole' });
  });
});
