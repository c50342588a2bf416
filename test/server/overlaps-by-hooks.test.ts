import { randomUUID } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type AgentsAtWork, openAgentsAtWork } from './agents-at-work.ts';

/** Git is asked behind the hook, on a machine that may be busy. */
const SOON = { timeout: 30_000, interval: 50 };

let work: AgentsAtWork;
let doors: AgentsAtWork['doors'];
let person: AgentsAtWork['person'];
let fox: string;
let owl: string;
beforeEach(async () => {
  work = await openAgentsAtWork();
  ({ doors, person } = work);
  fox = work.agent('coder-1', 'fox');
  owl = work.agent('coder-2', 'owl');
  for (const slotId of ['coder-1', 'coder-2']) await doors.client.ptySpawn({ slotId });
});
afterEach(() => work.close());

/** What Claude Code says of a tool; returns what it is answered. */
async function hook(slotId: string, name: string, more: object): Promise<unknown> {
  const { hookUrl, token } = doors.doorOf(slotId);
  const { slots } = await doors.client.ptyStatus({ slotId });
  const reply = await doors.tcp({
    path: new URL(hookUrl).pathname,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ session_id: slots[0]?.sessionId, hook_event_name: name, ...more }),
  });
  expect(reply.status).toBe(200);
  return JSON.parse(reply.body).hookSpecificOutput?.permissionDecision;
}

/** Returns the id of the call. */
async function begins(slotId: string, tool: string, input: object, cwd?: string): Promise<string> {
  const tool_use_id = randomUUID();
  const call = { tool_name: tool, tool_input: input, tool_use_id, ...(cwd === undefined ? {} : { cwd }) };
  await hook(slotId, 'PreToolUse', call);
  return tool_use_id;
}
const ends = (slotId: string, tool_use_id: string) =>
  hook(slotId, 'PostToolUse', { tool_name: 'Write', tool_input: {}, tool_response: {}, tool_use_id });

const shared = async () =>
  (await doors.client.overlaps({ repository: 'project' })).overlaps.flatMap(({ files }) => files);
/** Behind everything that hooks have set going. */
const lookedAt = async () =>
  (await doors.client.overlapLook({ repository: 'project' })).overlaps.flatMap(({ files }) => files);

test('two who are about to change the same file are told, before git could see it, and once', async () => {
  await begins('coder-1', 'Write', { file_path: path.join(fox, 'plan.txt'), content: 'x' });
  await begins('coder-2', 'Edit', { file_path: 'plan.txt', old_string: 'a', new_string: 'b' }, owl);
  await vi.waitFor(async () => expect(await shared()).toEqual(['plan.txt']), SOON);
  expect(person.git(['status', '--porcelain'], fox)).toBe('');
  const first = await work.told();
  expect(first.map(({ to, from }) => [to, from]).toSorted()).toEqual([
    ['slot:coder-1', 'program:missiond'],
    ['slot:coder-2', 'program:missiond'],
  ]);
  expect(first.find(({ to }) => to === 'slot:coder-2')?.body).toMatch(
    /You and fox \(branch work\/fox\).*plan\.txt/,
  );
  for (const slotId of ['coder-1', 'coder-2', 'coder-1'])
    await begins(slotId, 'Write', { file_path: 'plan.txt' }, slotId === 'coder-1' ? fox : owl);
  expect(await lookedAt()).toEqual(['plan.txt']);
  expect(await work.told()).toHaveLength(2);
  // One more file: one more time.
  await begins('coder-1', 'NotebookEdit', { notebook_path: path.join(fox, 'deep/a.ipynb') });
  await begins('coder-2', 'MultiEdit', { file_path: path.join(owl, 'deep/a.ipynb') });
  await vi.waitFor(async () => expect(await work.told()).toHaveLength(4), SOON);
  expect(await shared()).toEqual(['deep/a.ipynb', 'plan.txt']);
});

test('who begins with a file that another has committed is told without waiting for the next look', async () => {
  work.commit(fox, 'app/main.txt', 'one\nfox\n');
  await doors.client.overlapLook({ repository: 'project' });
  await begins('coder-2', 'Edit', { file_path: path.join(owl, 'app/main.txt') });
  await vi.waitFor(async () => expect(await shared()).toEqual(['app/main.txt']), SOON);
  expect(await work.told()).toHaveLength(2);
});

test('it is one of the same files where a link leads there, and none of them where it leads away', async () => {
  for (const place of [fox, owl]) symlinkSync('app', path.join(place, 'alias'));
  symlinkSync(person.folder, path.join(fox, 'away'));
  symlinkSync(person.folder, path.join(owl, 'away'));
  for (const [slotId, place] of [
    ['coder-1', fox],
    ['coder-2', owl],
  ] as const) {
    await begins(slotId, 'Write', { file_path: path.join(place, 'away/of-the-person.txt') });
    await begins(slotId, 'Write', { file_path: path.join(place, '../../elsewhere.txt') });
    await begins(slotId, 'Write', { file_path: '/tmp/of-nobody.txt' });
    await begins(slotId, 'Write', { file_path: path.join(place, '.git/config') });
    await begins(slotId, 'Write', { file_path: path.join(place, 'build/ignored.txt') });
    await begins(slotId, 'Write', { file_path: 'a\0b' }, place);
    await begins(slotId, 'Write', { file_path: 'x'.repeat(5_000) }, place);
    await begins(slotId, 'Write', { content: 'of no file' }, place);
    await begins(slotId, 'Read', { file_path: path.join(place, 'readme.md') });
  }
  // A pattern of git, and a name that is none.
  for (const [slotId, place] of [
    ['coder-1', fox],
    ['coder-2', owl],
  ] as const)
    await begins(slotId, 'Write', { file_path: path.join(place, ':(top)*.txt') });
  await begins('coder-1', 'Write', { file_path: path.join(fox, 'alias/new.txt') });
  await begins('coder-2', 'Write', { file_path: path.join(owl, 'app/new.txt') });
  await vi.waitFor(async () => expect(await shared()).toContain('app/new.txt'), SOON);
  expect(await lookedAt()).toEqual([':(top)*.txt', 'alias', 'app/new.txt', 'away']);
});

test('what was put back is no overlap at the next look, and what still runs is', async () => {
  const heard: string[] = [];
  const stop = new AbortController();
  const hearing = (async () => {
    for await (const event of doors.client.events({ signal: stop.signal, since: 0 }))
      if (event.type.startsWith('overlap_')) heard.push(event.type);
  })();
  const ofFox = await begins('coder-1', 'Write', { file_path: path.join(fox, 'a.txt') });
  await begins('coder-2', 'Write', { file_path: path.join(owl, 'a.txt') });
  expect(await lookedAt()).toEqual(['a.txt']);
  expect(await lookedAt()).toEqual(['a.txt']);
  await ends('coder-1', ofFox);
  expect(await lookedAt()).toEqual([]);
  await vi.waitFor(() => expect(heard.at(-1)).toBe('overlap_ended'), SOON);
  expect(heard.filter((type) => type === 'overlap_found')).toHaveLength(1);
  stop.abort();
  await hearing;
  // An interrupted tool says nothing; the next prompt does.
  await begins('coder-1', 'Write', { file_path: path.join(fox, 'a.txt') });
  expect(await lookedAt()).toEqual(['a.txt']);
  await hook('coder-1', 'UserPromptSubmit', { prompt: 'Do something else.' });
  expect(await lookedAt()).toEqual([]);
  expect(await work.told()).toHaveLength(2);
});

test('what is denied is touched by nobody, and where nobody looks nobody is told', async () => {
  await doors.client.permissionSetSlot({ slotId: 'coder-1', rule: { deny: ['Write(*)'] } });
  await begins('coder-1', 'Write', { file_path: path.join(fox, 'a.txt') });
  await begins('coder-2', 'Write', { file_path: path.join(owl, 'a.txt') });
  expect(await lookedAt()).toEqual([]);
  await doors.client.repoConfig({ repository: 'project', set: { overlapMinutes: 0 } });
  await begins('coder-1', 'Edit', { file_path: path.join(fox, 'b.txt') });
  await begins('coder-2', 'Edit', { file_path: path.join(owl, 'b.txt') });
  expect(await lookedAt()).toEqual([]);
  expect(await work.told()).toEqual([]);
});

test('it ends with the work of one of the two', async () => {
  await begins('coder-1', 'Write', { file_path: path.join(fox, 'a.txt') });
  await begins('coder-2', 'Write', { file_path: path.join(owl, 'a.txt') });
  await vi.waitFor(async () => expect(await shared()).toEqual(['a.txt']), SOON);
  const { token } = doors.doorOf('coder-2');
  const done = await doors.tcp({
    path: '/api/tools/mission_done',
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ summary: 'It is done.' }),
  });
  expect([done.status, done.body]).toEqual([200, expect.any(String)]);
  expect(await shared()).toEqual([]);
  // Nobody is at what was left behind.
  await begins('coder-1', 'Write', { file_path: path.join(fox, 'a.txt') });
  expect(await lookedAt()).toEqual([]);
});
