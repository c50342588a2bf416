import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type StubReply, type StubRequest, startOpenAiStub } from '../services/router/openai-stub.ts';
import { routerOf } from '../services/router/router-of.ts';
import { createStage } from './mission-stage.ts';

const by = { by: 'cli', signal: new AbortController().signal };
const asking = (content: string) => [{ role: 'user' as const, content }];

let stage: ReturnType<typeof createStage>;
let stub: Awaited<ReturnType<typeof startOpenAiStub>>;
let does: (request: StubRequest, number: number) => StubReply;
const start = (more: object = {}) =>
  stage.start({
    router: routerOf(
      {
        backends: [{ name: 'stub', type: 'openai', base_url: stub.url, models: [{ name: 'm' }], retries: 0 }],
      },
      stage.database().db,
    ),
    ...more,
  });
beforeEach(async () => {
  does = (_, number) => ({ say: `answer ${number}` });
  stub = await startOpenAiStub((request, number) => does(request, number));
  stage = createStage();
});
afterEach(async () => {
  await stage.close();
  await stub.close();
});

test('a conversation about a board task goes on, also over a restart, and outlives its card', async () => {
  let mission = await start();
  const { id } = mission.board.create({ title: 'Ship it' }, 'test');
  const first = await mission.router.chat(
    { messages: asking('What is missing?'), taskId: id, context: 'none' },
    by,
  );
  expect(first).toMatchObject({ text: 'answer 1', conversationId: `router:${id}` });
  await stage.kill9();
  mission = await start();
  await mission.router.chat({ messages: asking('And then?'), taskId: id.slice(0, 8), context: 'none' }, by);
  expect(stub.requests()[1]?.messages).toEqual([
    { role: 'user', content: 'What is missing?' },
    { role: 'assistant', content: 'answer 1' },
    { role: 'user', content: 'And then?' },
  ]);
  // Without a task nothing is kept, and nothing goes along.
  await mission.router.chat({ messages: asking('Hello'), context: 'none' }, by);
  expect(stub.requests()[2]?.messages).toEqual(asking('Hello'));
  await mission.board.remove(id, { children: false });
  expect(mission.router.history(id, null).messages.map(({ content, status }) => [content, status])).toEqual([
    ['What is missing?', 'answered'],
    ['answer 1', undefined],
    ['And then?', 'answered'],
    ['answer 2', undefined],
  ]);
});

test('a daemon that is killed in mid-chat leaves the question unanswered, and asks it no second time', async () => {
  let mission = await start();
  const { id } = mission.board.create({ title: 'Ship it' }, 'test');
  does = () => ({ hang: true });
  const asked = mission.router.chat({ messages: asking('Lost?'), taskId: id, context: 'none' }, by);
  const lost = expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  expect(mission.router.history(id, null).messages).toMatchObject([{ status: 'running' }]);
  await vi.waitFor(() => expect(stub.requests()).toHaveLength(1));
  await stage.kill9();
  await lost;
  does = () => ({ say: 'found' });
  mission = await start();
  expect(mission.router.history(id, null).messages).toMatchObject([
    { content: 'Lost?', status: 'unanswered' },
  ]);
  await mission.router.chat({ messages: asking('Anybody?'), taskId: id, context: 'none' }, by);
  expect(stub.requests().map(({ messages }) => messages.map(({ content }) => content))).toEqual([
    ['Lost?'],
    ['Anybody?'],
  ]);
});

test('what failed says why, and does not go along with the next question', async () => {
  const mission = await start();
  const { id } = mission.board.create({ title: 'Ship it' }, 'test');
  does = () => ({ status: 500, message: 'out of order' });
  const chat = (content: string) =>
    mission.router.chat({ messages: asking(content), taskId: id, context: 'none' }, by);
  await expect(chat('First')).rejects.toMatchObject({ code: 'router_unavailable' });
  expect(mission.router.history(id, null).messages).toMatchObject([
    { status: 'failed', error: expect.stringContaining('out of order'), by: 'cli' },
  ]);
  does = () => ({ say: 'better' });
  await chat('Second');
  expect(stub.requests()[1]?.messages).toEqual(asking('Second'));
});

test('an answer of no words is kept, and does not go along', async () => {
  const mission = await start();
  const { id } = mission.board.create({ title: 'Ship it' }, 'test');
  const chat = (content: string) =>
    mission.router.chat({ messages: asking(content), taskId: id, context: 'none' }, by);
  does = (_, number) => ({ say: number === 1 ? '' : 'words' });
  await chat('First');
  await chat('Second');
  expect(stub.requests()[1]?.messages).toEqual(asking('Second'));
  expect(mission.router.history(id, null).messages).toHaveLength(4);
});

test('the board and what is known stand beside the question, what bears on it first, and are not kept', async () => {
  const mission = await start();
  const { id } = mission.board.create({ title: 'Ship it', description: 'Before Friday' }, 'test');
  mission.board.create({ title: 'Paint the shed', hidden: true }, 'test');
  const remember = (key: string, summary: string) =>
    mission.knowledge.remember({ category: 'memory', key, summary, onSimilar: 'add' }, { by: 'test' });
  remember('deploy', 'The deploy of the walrus needs two keys');
  for (let index = 0; index < 40; index++)
    remember(`filler-${index}`, `${'long words '.repeat(350)}${index}`);
  const reply = await mission.router.chat(
    { messages: asking('How is the walrus deploy done?'), taskId: id, context: 'both' },
    by,
  );
  const [beside, question] = stub.requests()[0]?.messages ?? [];
  expect(beside).toMatchObject({ role: 'system' });
  expect(beside?.content).toContain('deploy: The deploy of the walrus needs two keys');
  expect(beside?.content).toContain('Before Friday');
  expect(beside?.content).not.toContain('Paint the shed');
  expect(question).toEqual(asking('How is the walrus deploy done?')[0]);
  expect(reply.context?.omitted).toBeGreaterThan(0);
  expect(beside?.content.length).toBeLessThan(reply.context?.mostCharacters ?? 0);
  expect(mission.router.history(id, null).messages[0]?.content).toBe('How is the walrus deploy done?');
});

test('of a long conversation the newest goes along, so that more can be asked; all of it can be read, page by page', async () => {
  const mission = await start();
  const { id } = mission.board.create({ title: 'Ship it' }, 'test');
  does = () => ({ say: '好的' });
  const chat = (content: string) =>
    mission.router.chat({ messages: asking(content), taskId: id, context: 'none' }, by);
  const LONG = 70_000;
  for (let turn = 1; turn <= 4; turn++) await chat(`${turn}${'部'.repeat(LONG)}`);
  await chat(`5${'x'.repeat(900_000)}`);
  const { context } = await chat('And now?');
  // A letter of Chinese may be a token of its own.
  expect(JSON.stringify(stub.requests().at(-1)?.messages).length).toBeLessThan(200_000);
  expect(context?.omitted).toBe(5);
  const last = mission.router.history(id, null);
  expect(last.messages.map(({ content }) => content.slice(0, 4))).toEqual([
    '4部部部',
    '好的',
    '5xxx',
    '好的',
    'And ',
    '好的',
  ]);
  expect(last.omitted).toBe(3);
  const older = mission.router.history(id, last.messages[0]?.turn ?? null);
  expect(older.messages.map(({ content }) => content[0])).toEqual(['1', '好', '2', '好', '3', '好']);
  expect(older.omitted).toBe(0);
});

test('addresses, and what is filed as a credential, are not put before a model elsewhere', async () => {
  const mission = await start();
  const { id } = mission.board.create({ title: 'Move db', description: 'from 10.1.2.3' }, 'test');
  const remember = (category: string, key: string, summary: string) =>
    mission.knowledge.remember({ category, key, summary, onSimilar: 'add' }, { by: 'test' });
  remember('infra', 'db', 'The walrus db stands at 10.1.2.3 and 10.9.9.9');
  remember('credential', 'walrus-vault', 'The walrus key lies in the blue vault');
  remember('credential:ops', 'walrus-safe', 'The walrus pin lies in the green safe');
  does = ({ messages }) => ({ say: `it is ${/stands at (\S+)/.exec(messages[0]?.content ?? '')?.[1]} ` });
  const reply = await mission.router.chat(
    { messages: asking('Where is the walrus? Not at 10.1.2.3?'), taskId: id, context: 'both' },
    by,
  );
  const sent = JSON.stringify(stub.requests());
  expect(sent).toContain('The walrus db stands at');
  expect(sent).not.toMatch(/10\.\d|vault|safe/);
  expect(reply.text.trim()).toBe('it is 10.1.2.3');
  expect(mission.router.history(id, null).messages.map(({ content }) => content.trim())).toEqual([
    'Where is the walrus? Not at 10.1.2.3?',
    'it is 10.1.2.3',
  ]);
});

test('what is asked of models is no conversation that anything is learnt from', async () => {
  const mission = await start();
  const { id } = mission.board.create({ title: 'Ship it' }, 'test');
  await mission.router.chat({ messages: asking('Remember the xylophone'), taskId: id, context: 'none' }, by);
  expect(mission.conversations.list({ withAgents: true }, { limit: 10 }).conversations).toEqual([]);
});
