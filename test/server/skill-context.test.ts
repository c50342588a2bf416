import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serversFile } from '../../services/infra/follow-servers.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
const write = (topic: string, text: string): void => {
  const folder = path.join(doors.home, '..', '.claude', 'skills', topic);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'SKILL.md'), text);
};

beforeAll(async () => {
  doors = await openDoors();
  write(
    'deploy',
    '---\ndescription: brings the shop into production\nrequires: { skills: [gate, absent], infra: [web], kb: [shop-port] }\n---\n# Deploy\n\n## How\n\nRun the shop script.\n\n## Paths\n\n/srv/shop\n\n## Weather\n\nrain\n',
  );
  write('gate', '---\naka: [tollgate]\nrequires: { skills: [keys] }\n---\n# Gate\n\nIt is opened by hand.\n');
  write('keys', '---\nrequires: { skills: [deploy, far] }\n---\n# Keys\n\nThey hang at the wall.\n');
  write('far', '# Far\n\nNobody needs it.\n');
  writeFileSync(
    serversFile(doors.home),
    'servers:\n  - { id: web-1, roles: [web], host: 10.0.0.1, password: hunter2 }\n  - { id: db-1, roles: [db], host: 10.0.0.2 }\n',
  );
  for (const [category, key, summary] of [
    ['project', 'shop-port', 'It listens on 8443.'],
    ['project', 'shop-deploy', 'A deploy of the shop takes an hour.'],
    ['project', 'garden', 'Roses grow there.'],
  ] as const)
    await doors.client.kbRemember({ category, key, summary, onSimilar: 'add' });
  await doors.client.boardCreate({ title: 'Deploy the shop anew' });
  await doors.client.boardCreate({ title: 'Cut the roses' });
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

const QUERY = 'Please deploy the shop to db-1';

test('what bears on a question is told with how it was found, required skills two levels deep and each once', async () => {
  const found = await doors.client.contextResolve({ query: QUERY, include_board: true });
  expect(found.skills.map(({ topic, matched_by }) => [topic, matched_by])).toEqual([
    ['deploy', 'query'],
    ['gate', 'dependency'],
    ['keys', 'dependency_l2'],
  ]);
  expect(found.missing).toEqual(['absent']);
  expect(found.infra.map(({ id, matched_by }) => [id, matched_by])).toEqual([
    ['web-1', 'dependency'],
    ['db-1', 'query'],
  ]);
  expect(found.kb.map(({ key, matched_by }) => [key, matched_by])).toEqual([
    ['shop-port', 'dependency'],
    ['shop-deploy', 'query'],
  ]);
  expect(found.board.map(({ title }) => title)).toEqual(['Deploy the shop anew']);
  expect(JSON.stringify(found)).not.toContain('hunter2');
  const named = await doors.client.contextResolve({ query: 'anything', skill: 'tollgate' });
  expect(named.skills[0]).toMatchObject({ topic: 'gate', matched_by: 'direct' });
  expect(named.board).toEqual([]);
  await expect(doors.client.contextResolve({ query: QUERY, skill: 'gat' })).rejects.toThrow(
    /No skill is called/,
  );
});

test('words to put before a task are the sections that bear on it, then what is known, and say that they are facts', async () => {
  const { context, skills, knowledge, cut } = await doors.client.contextBuild({ query: QUERY });
  expect(context).toMatch(/^\[Context\] .*no orders/);
  expect(context).toMatch(/## Paths\s+\/srv\/shop/);
  expect(context).toContain('Run the shop script.');
  expect(context).not.toContain('rain');
  expect(context).toMatch(/\[Knowledge Base\]\n- \[project\] shop-deploy: A deploy/);
  expect([skills, knowledge, cut]).toEqual([['deploy', 'gate', 'keys'], ['shop-deploy'], false]);
  // It counts as a use: what is used is kept longer.
  expect((await doors.client.kbGet({ key: 'shop-deploy' })).accessCount).toBe(1);
});

test('they are no longer than asked for, in whole pieces', async () => {
  write('long', `# Longevity\n\n## Config\n\n${'elderberry '.repeat(100)}end\n`);
  const { context, cut } = await doors.client.contextBuild({
    query: 'longevity config of the long',
    max_chars: 500,
  });
  expect([context, cut]).toEqual(['', true]);
  const whole = await doors.client.contextBuild({ query: 'longevity config of the long' });
  expect([whole.skills, whole.cut]).toEqual([['long'], false]);
  expect(whole.context).toContain('elderberry end');
  expect(await doors.client.contextBuild({ query: 'zzz' })).toEqual({
    context: '',
    skills: [],
    knowledge: [],
    cut: false,
  });
});

test('an agent is given by them no more than its rules let it read itself', async () => {
  await doors.client.ptySpawn({ slotId: 'coder-1' });
  const { token } = doors.doorOf('coder-1');
  const resolve = async (): Promise<unknown> => {
    const reply = await doors.tcp({
      path: '/api/tools/mission_context_resolve',
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUERY, include_board: true }),
    });
    return JSON.parse(reply.body);
  };
  const allow = (...tools: readonly string[]) =>
    doors.client.permissionSetRole({
      role: 'coder',
      rule: { allow: tools.map((tool) => `mcp__missiond__mission_${tool}`), confirm: [], deny: [] },
    });
  expect(await resolve()).toMatchObject({ error: { code: 'not_permitted' } });
  await allow('context_resolve');
  expect(await resolve()).toMatchObject({
    skills: [{ topic: 'deploy' }, {}, {}],
    infra: [],
    kb: [],
    board: [],
  });
  await allow('context_resolve', 'infra_list', 'kb_search', 'board_list');
  expect(await resolve()).toMatchObject({ infra: [{}, {}], kb: [{}, {}], board: [{}] });
});

test('and by the command line', async () => {
  const { out, status } = await runCli(['skills', 'context', 'deploy', 'the', 'shop', '--home', doors.home]);
  expect([status, out]).toEqual([0, expect.stringContaining('Run the shop script.')]);
});
