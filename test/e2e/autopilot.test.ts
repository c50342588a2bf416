import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BoardTaskView } from '../../actors/board/board-views.ts';
import { createWorld, type Daemon, eventOf, running, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  expect(await world.close()).toEqual([]);
});

/** The board task once it stands so, from `since` on. */
function boardIs({ client }: Daemon, id: string, status: string, since = 0): Promise<BoardTaskView> {
  return eventOf(
    client,
    (event) =>
      event?.type === 'board_changed' && event.task.id === id && event.task.status === status
        ? event.task
        : undefined,
    since,
  );
}

const timesAsked = (prompt: string): number =>
  world.model.requests().filter((request) => request.prompt === prompt).length;

test('a board task with autoExecute is worked on by its role, part before whole, and its note holds the answer', async () => {
  const identity = ['-c', 'user.name=Person', '-c', 'user.email=person@example.org'];
  const env = { PATH: world.env['PATH'], HOME: world.claudeHome };
  execFileSync(
    'git',
    ['-C', world.workspace('researcher-1'), ...identity, 'commit', '--allow-empty', '-qm', 'first'],
    { env },
  );
  const daemon = await world.start();
  const { client } = daemon;
  const whole = await client.boardCreate({ title: 'say: the whole is done', assignee: 'researcher' });
  const part = await client.boardCreate({
    title: 'The part',
    description: 'for the board',
    promptTemplate: 'say: the part is done',
    options: { worktree: true },
    parentId: whole.id,
    assignee: 'researcher-1',
    autoExecute: true,
  });
  await client.boardUpdate({ id: whole.id, autoExecute: true });
  await boardIs(daemon, part.id, 'done');
  await boardIs(daemon, whole.id, 'done');
  const done = await client.boardGet({ id: part.id.slice(0, 8) });
  expect(done.notes).toMatchObject([
    { noteType: 'summary', author: 'autopilot', content: 'the part is done' },
  ]);
  expect((await client.boardGet({ id: whole.id })).notes[0]?.content).toMatch(
    /^the whole is done\s+Its subtasks are done:\s+- The part: the part is done/,
  );
  expect((await client.status({ taskId: done.taskId ?? '' })).worktree?.branch).toMatch(/^work\//);
  const { messages } = await client.inbox({});
  expect(messages.map(({ boardTaskId }) => boardTaskId)).toEqual([whole.id, part.id]);
});

test('one that asks is blocked, over a kill -9 of the daemon too, and goes on after the answer', async () => {
  const questions = [
    {
      question: 'Which colour?',
      header: 'Colour',
      multiSelect: false,
      options: [
        { label: 'Red', description: 'warm' },
        { label: 'Blue', description: 'cold' },
      ],
    },
  ];
  const prompt = `tool: AskUserQuestion ${JSON.stringify({ questions })}`;
  const first = await world.start();
  const { id } = await first.client.boardCreate({
    title: 'Paint it',
    promptTemplate: prompt,
    assignee: 'coder',
    autoExecute: true,
  });
  expect((await boardIs(first, id, 'blocked')).blockedOn).toMatchObject({ question: 'Which colour?' });
  await first.kill9();
  const since = Date.now();
  const second = await world.start();
  // The question is the same one still, and so nobody is told of it again.
  await expect
    .poll(() => second.client.boardGet({ id }), { timeout: 30_000 })
    .toMatchObject({
      status: 'blocked',
      claimExecutorType: 'autopilot',
      blockedOn: { question: 'Which colour?', slotId: 'coder-1' },
    });
  const [again] = (await second.client.questions({})).questions;
  if (again === undefined) throw new Error('the question is gone');
  await second.client.ptyConfirm({ slotId: again.slotId, response: 'Blue' });
  await boardIs(second, id, 'running', since);
  const done = await boardIs(second, id, 'done', since);
  expect(done).toMatchObject({ runs: 1, taskId: again.taskId });
  expect((await second.client.boardGet({ id })).notes.at(-1)?.content).toContain('Blue');
  expect((await second.client.tasks({})).tasks).toHaveLength(1);
});

test('a run that goes on while the daemon is killed is one task, typed once', async () => {
  const first = await world.start();
  const { id } = await first.client.boardCreate({
    title: 'slow: 40',
    assignee: 'researcher-1',
    autoExecute: true,
  });
  const { taskId = '' } = await eventOf(first.client, (event) =>
    event?.type === 'board_changed' && event.task.taskId !== undefined ? event.task : undefined,
  );
  await running(first.client, taskId);
  await first.kill9();
  const second = await world.start();
  expect(await boardIs(second, id, 'done')).toMatchObject({ taskId, runs: 1 });
  expect((await second.client.boardGet({ id })).notes[0]?.content).toMatch(/^word0 .* word39$/);
  expect((await second.client.tasks({})).tasks).toHaveLength(1);
  expect(timesAsked('slow: 40')).toBe(1);
});

test('what a person calls done is done: the session is interrupted and takes the next', async () => {
  const daemon = await world.start();
  const { client } = daemon;
  const slow = await client.boardCreate({ title: 'slow: 400', assignee: 'researcher-1', autoExecute: true });
  const next = await client.boardCreate({ title: 'say: next', assignee: 'researcher-1', autoExecute: true });
  const { taskId = '' } = await eventOf(client, (event) =>
    event?.type === 'board_changed' && event.task.taskId !== undefined ? event.task : undefined,
  );
  await running(client, taskId);
  expect((await client.boardUpdate({ id: slow.id, status: 'done' })).hint).toContain(taskId);
  expect((await client.status({ taskId })).status).toBe('cancelled');
  await boardIs(daemon, next.id, 'done');
  expect((await client.boardGet({ id: slow.id })).status).toBe('done');
});
