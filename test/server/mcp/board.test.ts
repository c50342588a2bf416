import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { BoardNode, BoardTaskView } from '../../../actors/board/board-views.ts';
import { boardGet } from '../../../server/tools/board.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';

const Called = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.unknown().optional(),
  content: z.tuple([z.looseObject({ type: z.literal('text'), text: z.string() })]),
});
const Refused = z.object({ error: z.looseObject({ code: z.string(), remedy: z.string().optional() }) });
const Tree = z.object({ tasks: z.array(BoardNode) });

let doors: OpenDoors;
let clients: Client[];
let client: Client;
beforeAll(async () => {
  doors = await openDoors();
});
beforeEach(async () => {
  clients = [];
  client = await connect();
});
afterEach(async () => {
  for (const { id } of (await tree({ includeHidden: true })).tasks)
    await call('mission_board_delete', { id, children: true });
  await Promise.all(clients.map((one) => one.close()));
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

async function connect(): Promise<Client> {
  const connected = new Client({ name: 'orchestrator', version: '1' });
  const address = new URL(`http://127.0.0.1:${doors.port}/mcp`);
  await connected.connect(
    new StreamableHTTPClientTransport(address, { requestInit: { headers: doors.owner } }),
  );
  // So that the client holds every answer against the schema that the tool has.
  await connected.listTools();
  clients.push(connected);
  return connected;
}
async function call(name: string, input: object, by = client): Promise<unknown> {
  const result = Called.parse(await by.callTool({ name, arguments: { ...input } }));
  if (result.isError === true) throw new Error(result.content[0].text);
  return result.structuredContent;
}
/** What a call is refused with. */
async function refusal(name: string, input: object, by = client): Promise<z.infer<typeof Refused>['error']> {
  const { isError, content } = Called.parse(await by.callTool({ name, arguments: { ...input } }));
  expect(isError).toBe(true);
  return Refused.parse(JSON.parse(content[0].text)).error;
}
const create = async (title: string, more: object = {}) =>
  BoardTaskView.parse(await call('mission_board_create', { title, ...more }));
const update = async (id: string, change: object) =>
  BoardTaskView.parse(await call('mission_board_update', { id, ...change }));
const get = async (id: string) => boardGet.output.parse(await call('mission_board_get', { id }));
const tree = async (filter: object = {}) => Tree.parse(await call('mission_board_list', filter));
const shape = (nodes: readonly BoardNode[]): unknown[] =>
  nodes.map(({ title, children }) => (children.length === 0 ? title : [title, shape(children)]));

test('a new one is open, and nothing begins by itself', async () => {
  const task = await create('Rewrite the parser');
  expect(task).toMatchObject({
    title: 'Rewrite the parser',
    description: '',
    status: 'open',
    priority: 'medium',
    category: 'other',
    autoExecute: false,
    hidden: false,
    runs: 0,
  });
  const options = { worktree: true, retries: 0 };
  expect(await create('with a worktree', { options })).toMatchObject({
    options: { worktree: {}, retries: 0 },
  });
  const whole = {
    description: 'It is slow.',
    priority: 'high',
    category: 'dev',
    project: 'parser',
    server: 'build-1',
    dueDate: '2030-02-28',
    assignee: 'coder',
    autoExecute: true,
    promptTemplate: 'Do it.',
    options: {
      budget: { usd: 1 },
      guard: { protectedPaths: ['secrets/**'] },
      verify: { command: 'npm test' },
    },
    hidden: true,
  };
  expect(await create('with everything', whole)).toMatchObject(whole);
});

test.each<[string, object, RegExp]>([
  ['a status that there is not', { status: 'finished' }, /status/],
  ['a priority that there is not', { priority: 'urgent' }, /priority/],
  ['a day that there is not', { dueDate: '2026-02-30' }, /dueDate/],
  ['an empty title', { title: ' ' }, /title/],
  ['an unknown parent', { parentId: 'abcdef' }, /board_task_unknown/],
  ['autoExecute for nobody', { autoExecute: true }, /needs an assignee/],
  ['autoExecute for a person', { autoExecute: true, assignee: 'alice' }, /coder-1/],
  ['options that there are not', { options: { speed: 9 } }, /speed/],
])('%s is refused', async (_, change, words) => {
  const { id } = await create('a task');
  await expect(call('mission_board_update', { id, ...change })).rejects.toThrow(words);
  expect(await get(id)).toMatchObject({ title: 'a task', status: 'open', priority: 'medium' });
});

test('the list is a tree in its order; what is hidden stays out with everything below it', async () => {
  const one = await create('one');
  const two = await create('two');
  const part = await create('part', { parentId: one.id.slice(0, 8) });
  await create('detail', { parentId: part.id, project: 'x' });
  const last = await create('last part', { parentId: one.id });
  expect(shape((await tree()).tasks)).toEqual([['one', [['part', ['detail']], 'last part']], 'two']);
  await update(last.id, { orderIdx: 0 });
  await update(two.id, { orderIdx: 0 });
  expect(shape((await tree()).tasks)).toEqual(['two', ['one', ['last part', ['part', ['detail']]]]]);
  expect(shape((await tree({ project: 'x' })).tasks)).toEqual(['detail']);
  await update(part.id, { hidden: true });
  expect(shape((await tree()).tasks)).toEqual(['two', ['one', ['last part']]]);
  expect(shape((await tree({ includeHidden: true })).tasks)).toHaveLength(2);
  await expect(call('mission_board_update', { id: one.id, parentId: part.id })).rejects.toThrow(
    /below itself/,
  );
  await update(part.id, { parentId: null, hidden: false });
  expect(shape((await tree()).tasks)).toEqual(['two', ['one', ['last part']], ['part', ['detail']]]);
});

test('null clears a field, and what is not named stays', async () => {
  const { id } = await create('a task', {
    description: 'words',
    project: 'p',
    server: 's',
    dueDate: '2026-12-01',
    assignee: 'alice',
    promptTemplate: 'x',
    options: { retries: 2 },
  });
  const cleared = await update(id, {
    description: null,
    project: null,
    dueDate: null,
    assignee: null,
    promptTemplate: null,
    options: null,
  });
  expect(cleared).toMatchObject({ title: 'a task', description: '', server: 's' });
  for (const field of ['project', 'dueDate', 'assignee', 'promptTemplate', 'options'])
    expect(cleared).not.toHaveProperty(field);
});

test('a status changes only to what may follow it', async () => {
  const { id } = await create('a task');
  expect(await refusal('mission_board_update', { id, status: 'verifying' })).toMatchObject({
    code: 'board_transition',
    remedy: 'It can become running, blocked, done, failed, skipped.',
  });
  expect(await update(id, { status: 'running' })).toHaveProperty('claimExecutorId');
  expect(await update(id, { status: 'failed' })).not.toHaveProperty('claimExecutorId');
  expect((await refusal('mission_board_update', { id, status: 'running' })).code).toBe('board_transition');
  expect(await update(id, { status: 'open' })).not.toHaveProperty('finishedAt');
  expect(BoardTaskView.parse(await call('mission_board_toggle', { id })).status).toBe('done');
  expect(BoardTaskView.parse(await call('mission_board_toggle', { id: id.slice(0, 6) })).status).toBe('open');
});

test('a claim is of the session that calls, and nobody takes it unasked', async () => {
  const { id } = await create('a task');
  const other = await connect();
  const mine = BoardTaskView.parse(await call('mission_board_claim', { taskId: id }));
  expect(mine).toMatchObject({ status: 'running', claimExecutorType: 'manual_session' });
  expect(mine.claimExecutorId).toMatch(/^mcp:orchestrator\/.+/);
  expect(await call('mission_board_claim', { taskId: id })).toMatchObject(mine);
  const refused = await refusal('mission_board_claim', { taskId: id }, other);
  expect(refused).toMatchObject({
    code: 'board_claimed',
    message: expect.stringContaining(String(mine.claimExecutorId)),
  });
  const taken = BoardTaskView.parse(await call('mission_board_claim', { taskId: id, takeOver: true }, other));
  expect(taken.claimExecutorId).not.toBe(mine.claimExecutorId);
  expect((await update(id, { status: 'open' })).claimExecutorId).toBeUndefined();
  const named = { taskId: id, executorId: 'coder-1', executorType: 'pty_slot' };
  expect(await call('mission_board_claim', named)).toMatchObject({
    claimExecutorId: 'coder-1',
    claimExecutorType: 'pty_slot',
  });
});

test('notes are kept in order, with who wrote them', async () => {
  const { id } = await create('a task');
  await call('mission_board_note_add', { taskId: id.slice(0, 8), content: 'begun', noteType: 'progress' });
  await call('mission_board_note_add', { taskId: id, content: 'all in all', author: 'alice' });
  expect(await get(id)).toMatchObject({
    notesTotal: 2,
    notes: [
      { content: 'begun', noteType: 'progress', author: 'mcp:orchestrator' },
      { content: 'all in all', noteType: 'note', author: 'alice' },
    ],
  });
  await expect(
    call('mission_board_note_add', { taskId: id, content: 'x', noteType: 'joke' }),
  ).rejects.toThrow(/noteType/);
});

test('nothing below is deleted unasked', async () => {
  const { id } = await create('a task');
  const { id: child } = await create('a part', { parentId: id });
  await create('a detail', { parentId: child });
  expect(await refusal('mission_board_delete', { id })).toMatchObject({
    code: 'board_has_children',
    remedy: expect.stringContaining('children: true'),
  });
  expect(await call('mission_board_delete', { id, children: true })).toEqual({ deleted: 3, id });
  expect((await refusal('mission_board_get', { id: child })).code).toBe('board_task_unknown');
});

test('the summary counts each status, what has ended from a moment on', async () => {
  const { id } = await create('a task');
  await create('another');
  await update(id, { status: 'done' });
  const none = { running: 0, verifying: 0, blocked: 0, failed: 0, skipped: 0, pendingQuestions: 0 };
  expect(await call('mission_board_summary', {})).toEqual({ ...none, open: 1, completed: 1 });
  const tomorrow = new Date(Date.now() + 24 * 60 * 60_000).toISOString();
  expect(await call('mission_board_summary', { since: tomorrow })).toEqual({
    ...none,
    open: 1,
    completed: 0,
  });
});

describe('live', () => {
  test('every change is told on the bus, and the first picture holds the board', async () => {
    const since = Date.now();
    const { id } = await create('a task');
    await update(id, { status: 'done' });
    await call('mission_board_note_add', { taskId: id, content: 'x' });
    await call('mission_board_delete', { id });
    const stop = new AbortController();
    const heard: unknown[] = [];
    for await (const event of doors.client.events({ since: 0, signal: stop.signal })) {
      if (event.at < since || !event.type.startsWith('board_')) continue;
      heard.push(event);
      if (event.type === 'board_removed') break;
    }
    stop.abort();
    expect(heard).toMatchObject([
      { type: 'board_changed', task: { id, status: 'open' } },
      { type: 'board_changed', task: { id, status: 'done' }, previousStatus: 'open' },
      { type: 'board_noted', note: { taskId: id, content: 'x' } },
      { type: 'board_removed', ids: [id] },
    ]);
  });
});
