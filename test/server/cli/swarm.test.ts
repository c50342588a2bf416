import { afterAll, beforeAll, expect, test } from 'vitest';
import { SwarmView } from '../../../actors/swarms/api.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { runCli } from './run-cli.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());

const swarm = (...argv: string[]) => runCli(['swarm', ...argv, '--home', doors.home]);

test('missiond swarm begins, goes on waiting by its id, and ends', async () => {
  const begun = await swarm(
    '--slots',
    'coder-1,coder-2',
    '--timeout',
    '0.001',
    '--json',
    'one',
    'two',
    'three',
  );
  const { swarmId, tasks } = SwarmView.parse(JSON.parse(begun.out));
  expect(tasks.map(({ slotId }) => slotId)).toEqual(['coder-1', 'coder-2', 'coder-1']);
  const waited = await swarm('--id', swarmId, '--timeout', '0.001');
  expect(waited.out).toContain(`missiond swarm --id ${swarmId}`);
  const cancelled = await swarm('--id', swarmId, '--cancel');
  expect(cancelled.out).toMatch(/^1\. cancelled coder-1 \S+: one/);
  expect((await swarm('one')).err).toMatch(/--role|roles/);
});
