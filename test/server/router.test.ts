import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

const KEY = 'a-key-that-nobody-may-see';
let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  await doors.close();
});
const write = (file: string, content: string): void =>
  writeFileSync(path.join(doors.home, file), content, { mode: 0o600 });

test('the files are read while the daemon runs, and a wrong one is told of and changes nothing', async () => {
  expect(await doors.client.routerStatus({})).toMatchObject({ backends: [], spentUsd: 0 });
  write('credentials.json', JSON.stringify({ auth_url: 'http://127.0.0.1:9', api_key: KEY, model: 'm' }));
  const status = await doors.client.routerStatus({});
  expect(status).toMatchObject({
    backends: [{ name: 'credentials', type: 'openai', models: ['m'], running: 0 }],
  });
  write('router.yaml', 'daily_budget_usd: much\n');
  expect(await doors.client.routerStatus({})).toMatchObject({
    backends: [{ name: 'credentials' }],
    problem: expect.stringMatching(/router\.yaml:1:19: daily_budget_usd/),
  });
  expect(doors.errors().join()).toMatch(/router\.yaml:1:19/);
  write('router.yaml', 'daily_budget_usd: 2\n');
  const printed = await runCli(['router', 'status', '--home', doors.home]);
  expect(printed.err).toBe('');
  expect(printed.out).toMatch(/credentials\s+openai\s+http:\/\/127\.0\.0\.1:9\/v1\s+m\s+0/);
  expect(printed.out).toMatch(/\$0\.0000 of \$2\.00/);
  expect([JSON.stringify(status), printed.out, ...doors.errors()].join()).not.toContain(KEY);
});
