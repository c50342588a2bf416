import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MissionError } from '../../services/errors/mission-error.ts';
import { createWorld, type World } from './world.ts';

const KEY = 'the-key-of-the-router';
const asking = (content: string) => ({ messages: [{ role: 'user' as const, content }] });

let world: World;
beforeAll(async () => {
  world = await createWorld();
  const models = '[{ name: haiku, price: { input: 1, output: 5 }, max_output: 1000 }]';
  writeFileSync(
    path.join(world.home, 'router.yaml'),
    `daily_budget_usd: 1\nbackends:\n  - { name: claude, type: anthropic, base_url: "${world.model.url}", models: ${models} }\n`,
  );
  const credentials = JSON.stringify({ keys: { claude: KEY } });
  writeFileSync(path.join(world.home, 'credentials.json'), credentials, { mode: 0o600 });
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

test('a daemon that is killed while a model answers keeps the question and the money, and asks nothing twice', async () => {
  const first = await world.start();
  const { id } = await first.client.boardCreate({ title: 'Ship it' });
  const answer = await first.client.routerChat({ ...asking('say: not before Friday'), task_id: id });
  expect(answer).toMatchObject({
    response: 'not before Friday',
    backend: 'claude',
    cost_usd: (1_200 * 1 + 50 * 5) / 1_000_000,
  });
  const answering = new Promise<void>((resolve) => {
    world.model.events.on('event', ({ type, prompt }) => {
      if (type === 'text' && prompt === 'slow: 300') resolve();
    });
  });
  const lost = expect(
    first.client.routerChat({ ...asking('slow: 300'), task_id: id }),
  ).rejects.toBeInstanceOf(MissionError);
  await answering;
  await first.kill9();
  await lost;

  const second = await world.start();
  const { messages } = await second.client.routerChatHistory({ task_id: id });
  expect(messages.map(({ content, status }) => [content, status])).toEqual([
    ['say: not before Friday', 'answered'],
    ['not before Friday', undefined],
    ['slow: 300', 'unanswered'],
  ]);
  const { spentUsd, unknown } = await second.client.routerStatus({});
  expect(unknown?.calls).toBe(1);
  // The most that a thousand tokens and the question may cost, beside what the first answer did.
  expect(spentUsd).toBeGreaterThan((answer.cost_usd ?? 0) + (1_000 * 5) / 1_000_000);
  await second.client.routerChat({ ...asking('say: still here'), task_id: id });
  const asked = world.model.requests().map(({ prompt }) => prompt);
  expect(asked).toEqual(['say: not before Friday', 'slow: 300', 'say: still here']);

  const logs = path.join(world.home, 'logs');
  const said = readdirSync(logs).map((name) => readFileSync(path.join(logs, name), 'utf8'));
  const rows = readFileSync(path.join(world.home, 'mission.db'), 'latin1');
  expect([...said, rows].join()).not.toContain(KEY);
});
