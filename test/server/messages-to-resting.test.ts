import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { openTeam, type Person } from './merging-team.ts';
import { failureOf } from './open-doors.ts';

let person: Person;
let team: Awaited<ReturnType<typeof openTeam>>;
beforeEach(async () => {
  person = createRealRepository();
  team = await openTeam(person);
});
afterEach(async () => {
  expect(team.open.errors()).toEqual([]);
  await team.open.close();
  person.close();
});

const FOX = { repository: 'app', name: 'red-fox' };
const messages = async () => (await team.open.client.messageList({})).messages;
const boss = (to: string, body: string) => team.asks('boss', 'mission_message_send', { to, body });
const cli = (...words: string[]) => runCli(['message', ...words, '--home', team.open.home]);

test('one that sleeps has what it was written by name waiting, over its waking; all are those who are awake', async () => {
  await team.open.client.hibernate(FOX);
  await expect
    .poll(async () => (await team.open.client.slots({})).slots.map(({ id }) => id))
    .not.toContain('app.red-fox');
  expect((await boss('red-fox', 'by its name')).status).toBe(200);
  expect(await cli('send', 'app/red-fox', 'of a person')).toMatchObject({ status: 0 });
  expect((await boss('role:worker', 'to all')).body).toContain('app.red-fox (worker, asleep)');
  const waiting = async () =>
    (await messages())
      .filter(({ to }) => to === 'slot:app.red-fox')
      .map(({ body, status }) => [body, status]);
  const both = [
    ['of a person', 'pending'],
    ['by its name', 'pending'],
  ];
  // A second message has been looked after since.
  expect((await boss('person', 'later')).status).toBe(200);
  expect(await waiting()).toEqual(both);
  await team.open.client.workerWake(FOX);
  expect(await waiting()).toEqual(both);
});

test('what waits for one whose work ends is dead at once, and its sender hears what to do', async () => {
  await boss('red-fox', 'what you should know');
  expect((await team.asks('red-fox', 'mission_done', { summary: 'It is done.' })).status).toBe(200);
  await expect
    .poll(async () => (await messages()).find(({ to }) => to === 'slot:app.red-fox')?.status)
    .toBe('dead');
  const notice = (await messages()).find(
    ({ body, to }) => to === 'slot:app.boss' && body.startsWith('Your '),
  );
  expect(notice?.from).toBe('missiond');
  const { body } = await team.open.client.messageRead({ id: notice?.id ?? '' });
  expect(body).toMatch(
    /app\.red-fox has completed its work and reads no messages.*mission_worker_task \{"name": "app\/red-fox"/,
  );
});

test.each([
  ['completed', 'red-fox', /has completed its work[\s\S]*mission_worker_task/],
  ['completed', 'slot:app.red-fox', /has completed its work[\s\S]*role:supervisor@app/],
  ['removed', 'app/red-fox', /was removed: its worktree is gone[\s\S]*another agent/],
] as const)('whoever writes to a %s one as %s hears at once what to do', async (status, to, words) => {
  if (status === 'completed') await team.open.client.workerKeep(FOX);
  else await team.open.client.workerDiscard(FOX);
  const refused = failureOf({ headers: {}, ...(await boss(to, 'still there?')) });
  expect(refused.code).toBe('receiver_unknown');
  expect(`${refused.message} ${refused.remedy}`).toMatch(words);
  const { status: exit, err } = await cli('send', to.replace(/^red/, 'app/red'), 'still there?');
  expect([exit, err]).toEqual([1, expect.stringMatching(words)]);
});
