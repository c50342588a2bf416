import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAgentLedger } from '../../../services/ledger/agent-ledger.ts';
import { agentRow } from '../../actors/agent-row.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { runCli } from './run-cli.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors({
    seed: (db) =>
      createAgentLedger(db).insert(agentRow({ status: 'completed', endedAt: 7, worktree: '/tmp' })),
  });
});
afterAll(() => doors.close());

const worker = (...words: readonly string[]) =>
  runCli(['worker', ...words, '--home', doors.home], { PATH: process.env['PATH'] });

test('a person gives one more work whose work has ended, and is told where to watch', async () => {
  const { status, out, err } = await worker('more', 'busy-owl', 'say the price', '--repo', 'shop');
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toContain('shop/busy-owl has it');
  expect(out).toContain('missiond attach shop.busy-owl');
  const listed = await runCli(['tasks', '--json', '--home', doors.home]);
  expect(JSON.parse(listed.out)).toMatchObject({ tasks: [{ prompt: 'say the price' }] });
});

test.each([
  [['more', 'busy-owl'], 'What should it do?'],
  [['diff', 'busy-owl', 'and'], 'too many words'],
  [['dance', 'busy-owl'], 'does not understand "dance"'],
])('%j gives nobody work', async (words, says) => {
  const { status, err } = await worker(...words);
  expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining(says) });
  expect(err).toContain('missiond worker more NAME "TASK"');
});
