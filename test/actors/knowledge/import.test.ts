import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKnowledgeStage } from './knowledge-stage.ts';

let folder: string;
let stage: ReturnType<typeof createKnowledgeStage>;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-import-'));
  stage = createKnowledgeStage();
});
afterEach(() => {
  stage.close();
  rmSync(folder, { recursive: true, force: true });
});

const BY = { by: 'test' };
function write(entries: readonly object[]): string {
  const file = path.join(folder, 'known.json');
  writeFileSync(file, JSON.stringify(entries));
  return file;
}

test('an import says of each row what became of it, merges and overwrites nothing silently, and is taken back as a whole', async () => {
  const { knowledge } = stage;
  knowledge.remember(
    {
      category: 'project',
      key: 'harbour-deploy',
      summary: 'The harbour deploy runs behind the green staging gate',
      onSimilar: 'add',
    },
    BY,
  );
  const file = write([
    { category: 'memory', key: 'otter', summary: 'The host is called otter' },
    { category: 'memory', key: 'broken' },
    { category: 'memory', key: 'vault', summary: `The key is sk-ant-api03-${'aB3dE5fG7h'.repeat(6)}` },
    {
      category: 'project',
      key: 'harbour-deploying',
      summary: 'The harbour deploy runs behind the green staging gate now',
    },
  ]);
  const { rows, batch } = await knowledge.import('json', file, 'test');
  expect(rows.map(({ place, action }) => [place, action])).toEqual([
    ['[0]', 'created'],
    ['[1]', 'refused'],
    ['[2]', 'refused'],
    ['[3]', 'proposed'],
  ]);
  expect(rows[3]?.why).toContain('harbour-deploy');
  expect(JSON.stringify(rows)).not.toContain('sk-ant');
  const keys = () =>
    knowledge
      .list({ limit: 10 })
      .entries.map(({ key }) => key)
      .sort();
  expect(keys()).toEqual(['harbour-deploy', 'otter']);
  const again = await knowledge.import('json', file, 'test');
  expect(again.rows[0]).toMatchObject({ key: 'otter', action: 'unchanged' });
  knowledge.undo({ batch }, BY);
  expect(keys()).toEqual(['harbour-deploy']);
});

test('what cannot be read at all is an error, and changes nothing', async () => {
  await expect(
    stage.knowledge.import('json', path.join(folder, 'nothing.json'), 'test'),
  ).rejects.toMatchObject({ code: 'input_invalid' });
  expect(stage.knowledge.list({ limit: 10 }).entries).toEqual([]);
});
