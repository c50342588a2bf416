import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localDay } from '../../services/calendar/local-day.ts';
import { createRouterLedger } from '../../services/ledger/router-ledger.ts';
import { startOpenAiStub } from '../services/router/openai-stub.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

const KEY = 'a-key-that-nobody-may-see';
let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors({
    seed: (db) =>
      createRouterLedger(db).begin({
        day: localDay(Date.now()),
        startedAt: Date.now(),
        kind: 'chat',
        fromBackend: 'credentials',
        model: 'm',
        reservedUsd: 0.5,
      }),
  });
});
afterAll(async () => {
  await doors.close();
});
const write = (file: string, content: string): void =>
  writeFileSync(path.join(doors.home, file), content, { mode: 0o600 });

test('the files are read while the daemon runs, and a wrong one is told of and changes nothing', async () => {
  expect(await doors.client.routerStatus({})).toMatchObject({
    backends: [],
    spentUsd: 0.5,
    unknown: { calls: 1, usd: 0.5 },
  });
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
  write(
    'credentials.json',
    JSON.stringify({ auth_url: 'http://127.0.0.1:9', api_key: KEY, model: 'm', keys: { claud: KEY } }),
  );
  const printed = await runCli(['router', 'status', '--home', doors.home]);
  expect(printed.err).toBe('');
  expect(printed.out).toMatch(/credentials\s+openai\s+http:\/\/127\.0\.0\.1:9\/v1\s+m\s+0/);
  expect(printed.out).toMatch(
    /\$0\.5000 of \$2\.00\n\$0\.5000 of it for 1 call over which the daemon was killed: unknown whether paid/,
  );
  expect(printed.out).toContain('no backend of router.yaml: "claud"');
  expect([JSON.stringify(status), printed.out, ...doors.errors()].join()).not.toContain(KEY);
});

test('a person and an orchestrator ask, a viewer and the agent of a slot do not', async () => {
  const stub = await startOpenAiStub(() => ({ say: 'Forty-two', finish: 'length' }));
  try {
    write('router.yaml', '');
    write('credentials.json', JSON.stringify({ auth_url: stub.url, api_key: KEY, model: 'deep' }));
    const { id } = await doors.client.boardCreate({ title: 'The question' });
    const asked = await runCli([
      'router',
      'chat',
      '--task',
      id.slice(0, 8),
      '--home',
      doors.home,
      'What',
      'is it?',
    ]);
    expect(asked).toMatchObject({
      status: 0,
      out: 'Forty-two\n',
      err: expect.stringContaining('cut at max_tokens'),
    });
    expect(stub.requests()).toMatchObject([{ model: 'deep', messages: [{ content: 'What is it?' }] }]);
    expect((await runCli(['router', 'history', id, '--home', doors.home])).out).toMatch(
      /user\nWhat is it\?\n\n.* assistant \(deep\)\nForty-two/,
    );
    const messages = [{ role: 'user' as const, content: 'hi' }];
    const call = (token: string) =>
      doors.tcp({
        path: '/api/tools/mission_router_chat',
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ messages, search: true }),
      });
    const answer = await call(doors.tokens.create('orchestrator', undefined).token);
    expect(JSON.parse(answer.body)).toMatchObject({
      response: 'Forty-two',
      finish_reason: 'cut',
      cost_usd: null,
      warning: expect.stringContaining('searches the web'),
    });
    expect((await call(doors.tokens.create('viewer', undefined).token)).status).toBe(403);
    expect(stub.requests()).toHaveLength(2);
    await expect(
      doors.client.routerChat({ messages: [...messages, { role: 'assistant', content: 'and?' }] }),
    ).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(doors.client.routerChat({ messages, task_id: 'ffffffff' })).rejects.toMatchObject({
      code: 'board_task_unknown',
    });
    expect((await runCli(['router', 'sing', '--home', doors.home])).status).toBe(2);
  } finally {
    await stub.close();
  }
});

test('what is known is looked at, and what the model plans waits for a yes', async () => {
  const plan = {
    operations: [{ action: 'delete', target_keys: ['walrus'], reason: 'gone' }, { action: 'sing' }],
  };
  const stub = await startOpenAiStub(() => ({ say: JSON.stringify(plan) }));
  try {
    write('credentials.json', JSON.stringify({ auth_url: stub.url, api_key: KEY, model: 'deep' }));
    await doors.client.kbRemember({ category: 'memory', key: 'walrus', summary: 'The walrus is ill' });
    const told = await doors.client.kbAnalyze({ mode: 'consolidation_plan', include_board_context: true });
    expect(told).toMatchObject({
      mode: 'consolidation_plan',
      model: 'deep',
      entries_in_request: 1,
      has_more: false,
      operations_saved: 1,
      plan: [{ operation: 'delete', targetKeys: ['walrus'], rationale: 'gone' }],
      refused: [{ place: 'operation 2' }],
    });
    expect(stub.requests()[0]?.messages[1]?.content).toContain('The question');
    expect((await doors.client.kbGet({ key: 'walrus' })).summary).toBe('The walrus is ill');
    expect(await doors.client.kbQueueStatus({ plan_id: told.plan_id ?? '' })).toMatchObject({
      summary: { pending: 1 },
    });
  } finally {
    await stub.close();
  }
});
