import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import type { RepositoryConfigurationChange } from '../../../db/repository-configuration.ts';
import { createAgentLedger } from '../../../services/ledger/agent-ledger.ts';
import { until } from '../mission-stage.ts';
import { type AgentsStage, createAgentsStage, named, never, shop } from './agents-stage.ts';

let team: AgentsStage;
beforeEach(() => {
  team = createAgentsStage();
});
afterEach(() => team.close());

const configure = (mission: RunningMission, configuration: RepositoryConfigurationChange) =>
  mission.repositories.configure({ repository: 'shop' }, { configuration });
const rowOf = (name: string) => createAgentLedger(team.stage.database().db).named(shop, named(name));

test('a new agent has the files, the ports and the set-up of its repository before its session begins', async () => {
  team.commitIn(team.main, '.gitignore', '.env\nready\n');
  team.gitIn(team.main)('push', '-q', 'origin', 'trunk');
  writeFileSync(path.join(team.main, '.env'), 'PASSWORD=hunter2');
  const mission = await team.startWithShop();
  await configure(mission, {
    copy: ['.env', 'not-ignored'],
    ports: 4,
    setup: 'test -f .env && echo "$MISSIOND_PORT_BASE" > ready',
  });
  writeFileSync(path.join(team.main, 'not-ignored'), 'x');
  const first = await team.work(mission, { task: undefined });
  const second = await team.work(mission, { task: undefined });
  for (const { worker, notes } of [first, second]) {
    expect(readFileSync(path.join(worker.worktree, 'ready'), 'utf8')).toBe(`${worker.portBlock}\n`);
    expect(notes.join()).toContain('not-ignored');
    expect(rowOf(worker.name)?.portCount).toBe(4);
  }
  expect(Math.abs((first.worker.portBlock ?? 0) - (second.worker.portBlock ?? 0))).toBeGreaterThanOrEqual(4);

  await mission.workers.discard({ name: first.worker.name }, 'test', never);
  expect(rowOf(first.worker.name)?.portBlock).toBeNull();
  const third = await team.work(mission, { task: undefined });
  expect(third.worker.portBlock).toBe(first.worker.portBlock);
});

test('ports are nobody else’s after the daemon was killed', async () => {
  const mission = await team.startWithShop();
  const { worker } = await team.work(mission, { task: undefined });
  await team.stage.kill9();
  const again = await team.stage.start();
  const next = await team.work(again, { task: undefined });
  expect(again.workers.get({ name: worker.name }).portBlock).toBe(worker.portBlock);
  expect(next.worker.portBlock).not.toBe(worker.portBlock);
});

test('a set-up that fails leaves no agent, saves what it had made, and no word of its output in a row', async () => {
  const redact = (_: string, text: string) => text.replaceAll('hunter2', '[redacted]');
  const mission = await team.startWithShop({ redact });
  await configure(mission, { setup: 'echo made > made.txt; echo "the password is hunter2"; exit 7' });
  const failure = await team.work(mission, { name: named('half') }).then(
    () => expect.fail('it was made'),
    (error: unknown) => error,
  );
  const row = rowOf('half');
  expect(row).toMatchObject({ status: 'removed', portBlock: null, taskId: null });
  expect(failure).toMatchObject({
    code: 'setup_failed',
    message: expect.stringMatching(/status 7.*\nthe password is \[redacted\]/),
    remedy: expect.stringContaining(row?.rescue ?? 'no rescue'),
  });
  expect(JSON.stringify(row)).not.toContain('hunter2');
  expect(existsSync(row?.worktree ?? '/')).toBe(false);
  expect(team.gitIn(team.main)('branch', '--list', 'work/*')).toBe('');
  expect(team.gitIn(team.main)('show', `${row?.rescue}:made.txt`)).toBe('made');
  expect(mission.slots().map(({ slotId }) => slotId)).toEqual(['coder-1']);
});

test('an agent that is woken is set up again, and sleeps on when that fails', async () => {
  team.commitIn(team.main, '.gitignore', '.env\n');
  team.gitIn(team.main)('push', '-q', 'origin', 'trunk');
  writeFileSync(path.join(team.main, '.env'), 'old');
  const mission = await team.startWithShop();
  await configure(mission, { copy: ['.env'] });
  const { worker } = await team.work(mission, { task: undefined });
  const { worker: other } = await team.work(mission, { task: undefined });
  const sleep = async () => {
    mission.workers.hibernate({ repository: shop }, 'test');
    await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId === 'coder-1'));
  };
  await sleep();
  await configure(mission, { setup: 'echo "$PORT" >> .env; test "$(wc -l < .env)" = 1' });
  const { notes } = await mission.workers.wake({ repository: shop }, never);
  expect(notes).toEqual([]);
  expect(readFileSync(path.join(worker.worktree, '.env'), 'utf8')).toBe(`old${worker.portBlock}\n`);

  await sleep();
  await configure(mission, { setup: 'echo hunter2; case "$PWD" in *' + `/${other.name}) exit 5; esac` });
  const woken = await mission.workers.wake({ repository: shop }, never);
  expect(woken.workers.map(({ name }) => name)).toEqual([worker.name]);
  expect(woken.notes.join()).toMatch(new RegExp(`${other.name} sleeps on: .*status 5`));
  expect(rowOf(other.name)).toMatchObject({ status: 'hibernated', portBlock: other.portBlock });
  expect(JSON.stringify(rowOf(other.name))).not.toContain('hunter2');
  await expect(mission.workers.wake({ name: other.name }, never)).rejects.toMatchObject({
    code: 'setup_failed',
  });
});
