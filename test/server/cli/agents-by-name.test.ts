import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Role, SlotId, TaskId } from '../../../db/ids.ts';
import { tasks } from '../../../db/schema/tasks.ts';
import { newTaskRow } from '../../../services/ledger/new-task-row.ts';
import { createRealRepository } from '../../services/worktrees/real-repository.ts';
import { openTeam, type Person } from '../merging-team.ts';
import { runCli } from './run-cli.ts';

const FOX = SlotId.parse('app.red-fox');
let person: Person;
let team: Awaited<ReturnType<typeof openTeam>>;
beforeAll(async () => {
  person = createRealRepository();
  const done = newTaskRow({
    id: TaskId.parse(randomUUID()),
    kind: 'task',
    role: Role.parse('worker'),
    prompt: 'count the doors',
    status: 'done',
    result: 'seven',
    lastSlotId: FOX,
    createdAt: 1_000,
    startedAt: 1_000,
    finishedAt: 5_000,
    snapshotVersion: 0,
  });
  team = await openTeam(person, { seed: (db) => void db.insert(tasks).values(done).run() });
  const folder = path.join(team.open.home, 'logs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `slot-${FOX}.log`), `${JSON.stringify({ msg: 'it was there' })}\n`);
});
afterAll(async () => {
  await team.open.close();
  person.close();
});
const cli = (...argv: readonly string[]) => runCli([...argv, '--home', team.open.home]);

test.each([
  [['restart', 'red-fox'], FOX],
  [['explain', 'red-fox'], FOX],
  [['explain', 'app/red-fox'], FOX],
  [['pause', 'red-fox'], `${FOX} put aside`],
  [['wake', 'red-fox'], `${FOX} may go on`],
  [['history', 'red-fox'], 'count the doors'],
  [['permissions', 'explain', 'Bash(rm -rf /)', '--slot', 'red-fox'], 'deny'],
  [['logs', 'red-fox'], 'it was there'],
])('%j means the agent of that name', async (argv, says) => {
  const { status, out, err } = await cli(...argv);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toContain(says);
});

test.each([['restart'], ['explain'], ['pause'], ['wake']])(
  '%s of a name that nobody has says so',
  async (verb) => {
    const { status, err } = await cli(verb, 'grey-cat');
    expect(status).toBe(1);
    expect(err).toContain('There is no slot "grey-cat"');
  },
);

test.each([[['workers']], [['workers', 'history']]])(
  '%j of a repository that is not there says which are',
  async (argv) => {
    const { status, err } = await cli(...argv, '--repo', 'nosuch');
    expect(status).toBe(1);
    expect(err).toMatch(/no repository "nosuch".*There are: app/s);
    expect((await cli(...argv, '--repo', 'app')).out).toContain('red-fox');
  },
);

test('what every command takes may stand before its name', async () => {
  const { status, out } = await runCli(['--home', team.open.home, '--json', 'workers', '--repo', 'app']);
  expect(status).toBe(0);
  expect(JSON.parse(out)).toHaveProperty('workers');
});

test('tmux shows nobody whose work has ended, and knows which repositories there are', async () => {
  expect((await cli('tmux', 'nosuch')).err).toContain('no repository "nosuch"');
  const { workers } = await team.open.client.workers({ repository: 'app' });
  for (const { name } of workers) await team.open.client.workerKeep({ repository: 'app', name });
  const { status, err } = await cli('tmux', 'app', '--detached', '--socket', 'of-a-test');
  expect(status).toBe(2);
  expect(err).toContain('There is nobody to show');
});
