import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { runCli } from './run-cli.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

/** What `missiond board …` prints. */
async function board(...words: readonly string[]): Promise<string> {
  const { status, out, err } = await runCli(['board', ...words, '--home', path.dirname(doors.socketFile)]);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return out;
}

test('work is added, listed as a tree, claimed, noted, done and removed by its short id', async () => {
  const whole = (await board('add', 'Rewrite the parser', '--priority', 'high', '--due', '2030-01-31')).slice(
    0,
    8,
  );
  const part = (await board('add', 'Measure it', '--parent', whole, '--assignee', 'alice')).slice(0, 8);
  expect((await board()).split('\n')).toEqual([
    expect.stringMatching(/^ID +STATUS +PRIORITY +WHO +DUE +TITLE$/),
    expect.stringMatching(`^${whole} +open +high +2030-01-31 +Rewrite the parser$`),
    expect.stringMatching(`^${part} +open +medium +alice +· Measure it$`),
    '',
  ]);
  expect(await board('claim', part)).toContain('running');
  await board('note', part, 'It is slow.');
  expect(await board('show', part)).toMatch(/cli: It is slow\.\n$/);
  expect(await board('done', part)).toContain('done');
  expect(await board('list', '--status', 'open')).not.toContain('Measure it');
  await board('edit', whole, '--due', '', '--title', 'Rewrite all');
  expect(await board('show', whole)).toMatch(/open {2}Rewrite all\n· \w{8} {2}done {2}Measure it\n$/);
  expect(await board('summary')).toMatch(/completed +1\n/);
  expect(await board('remove', whole, '--children')).toBe('2 deleted\n');
});
