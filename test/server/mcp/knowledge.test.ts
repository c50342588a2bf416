import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type OpenDoors, openDoors } from '../open-doors.ts';

const Called = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.unknown().optional(),
  content: z.tuple([z.looseObject({ type: z.literal('text'), text: z.string() })]),
});

let doors: OpenDoors;
let client: Client;
const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-kb-'));
beforeAll(async () => {
  doors = await openDoors();
  client = new Client({ name: 'desk', version: '1' });
  const address = new URL(`http://127.0.0.1:${doors.port}/mcp`);
  await client.connect(new StreamableHTTPClientTransport(address, { requestInit: { headers: doors.owner } }));
  // So that the client holds every answer against the schema that the tool has.
  await client.listTools();
});
afterAll(async () => {
  await client.close();
  expect(doors.errors()).toEqual([]);
  await doors.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call(name: string, input: object): Promise<unknown> {
  const result = Called.parse(await client.callTool({ name: `mission_kb_${name}`, arguments: { ...input } }));
  if (result.isError === true) throw new Error(result.content[0].text);
  return result.structuredContent;
}

test('what one client remembers another finds, changes, forgets and takes back', async () => {
  const entry = { category: 'procedure', key: 'release', summary: 'Tag, then npm run release' };
  expect(await call('remember', { ...entry, detail: { steps: 2 } })).toMatchObject({
    action: 'created',
    entry: { ...entry, detail: { steps: 2 }, source: 'conversation', confidence: 1, accessCount: 0 },
  });
  expect(await call('search', { query: 'relea tag' })).toMatchObject({ count: 1, entries: [entry] });
  expect(await call('search', { category: 'procedure' })).toMatchObject({ count: 1 });
  expect(await call('get', { key: 'release' })).toMatchObject({ accessCount: 0 });
  expect(await call('list', {})).toMatchObject({ entries: [{ accessCount: 1 }] });
  expect(await call('remember', { ...entry, summary: 'Tag, then wait for CI' })).toMatchObject({
    action: 'updated',
  });
  expect(await call('undo', { key: 'release' })).toMatchObject({ undone: [entry], left: [] });
  const { batch } = z
    .object({ batch: z.string() })
    .parse(await call('batch_forget', { keys: ['release', 'nothing'] }));
  expect(await call('search', { query: 'release' })).toMatchObject({ count: 0 });
  expect(await call('undo', { batch })).toMatchObject({ undone: [entry] });
  expect(await call('history', { key: 'release' })).toMatchObject({
    changes: [
      { kind: 'created', by: 'mcp:desk' },
      { kind: 'updated' },
      { kind: 'updated' },
      { kind: 'forgotten', batch },
      { kind: 'restored' },
    ],
  });
  expect(await call('forget', { key: 'release' })).toMatchObject({ deleted: 1 });
  await expect(call('get', { key: 'release' })).rejects.toThrow(/knowledge_unknown/);
});

test('a near duplicate comes back with both texts, is queued, and done or dropped', async () => {
  const summary = 'The staging server is restarted every night at three';
  await call('remember', { category: 'memory', key: 'staging-restart', summary });
  expect(await call('remember', { category: 'memory', key: 'restart-of-staging', summary })).toMatchObject({
    action: 'proposed',
    similar: { entry: { key: 'staging-restart', summary } },
  });
  const queue = await call('queue_status', { plan_id: 'proposals' });
  expect(queue).toMatchObject({ count: 1, summary: { pending: 1 }, operations: [{ operation: 'merge' }] });
  expect(await call('execute_plan', { plan_id: 'proposals' })).toMatchObject({ executed: 1, remaining: 0 });
  expect(await call('search', { query: 'staging' })).toMatchObject({
    entries: [{ key: 'restart-of-staging' }],
  });
  await expect(call('execute_plan', { plan_id: 'none' })).rejects.toThrow(/There is no plan/);
});

test('the collector shows and cleans; an import says row by row what became of it', async () => {
  const file = path.join(folder, 'facts.jsonl');
  const rows = [
    { category: 'memory:debug', key: 'heap', summary: 'The heap was at 2 GB' },
    { category: 'memory', key: 'token', summary: `ghp_${'a1B2'.repeat(9)}` },
  ];
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  expect(await call('import', { format: 'jsonl', path: file })).toMatchObject({
    imported: 1,
    rows: [
      { place: 'line 1', key: 'heap', action: 'created' },
      { place: 'line 2', key: 'token', action: 'refused', why: expect.stringContaining('secret') },
    ],
  });
  await expect(call('import', { format: 'json', path: 'facts.json' })).rejects.toThrow(/whole path/);
  expect(await call('gc', { action: 'stats' })).toMatchObject({
    stats: { categories: { 'memory:debug': 1 } },
  });
  expect(await call('gc', { action: 'clean_stale', dryRun: true })).toMatchObject({ entries: [] });
  expect(await call('gc', { action: 'duplicates' })).toMatchObject({ pairs: [] });
});
