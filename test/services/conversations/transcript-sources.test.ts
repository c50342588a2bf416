import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SlotId } from '../../../db/ids.ts';
import { listSources } from '../../../services/conversations/transcript-sources.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-sources-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(...names: readonly string[]): void {
  const file = path.join(folder, ...names);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '{}\n');
}
write('person', 'projects', '-work', 'mine.jsonl');
write('person', 'projects', '-work', 'mine', 'subagents', 'agent-1.jsonl');
write('person', 'projects', '-work', 'mine', 'tool-results', 'x.jsonl');
write('person', 'projects', '-work', 'notes.txt');
write('person', 'projects', '-work', 'ours.jsonl');
write('slot', 'projects', '-work', 'other.jsonl');
write('elsewhere', 'secret.jsonl');
symlinkSync(path.join(folder, 'elsewhere'), path.join(folder, 'person', 'projects', 'link'));
symlinkSync(path.join(folder, 'person'), path.join(folder, 'again'));

const coder = SlotId.parse('coder-1');
const ledger = {
  configDirectories: () => [path.join(folder, 'slot'), path.join(folder, 'again')],
  sessionsOfSlots: () =>
    new Map([
      ['ours', coder],
      ['other', coder],
    ]),
};
const names = (readPerson: boolean, withheld: readonly string[] = []): readonly string[] =>
  listSources({ personDirectory: path.join(folder, 'person'), readPerson }, ledger, new Set(withheld))
    .map(({ path: file }) => path.basename(file))
    .sort();

test('transcripts of the person and of slots are found, each once, and nothing else: links are not followed', () => {
  expect(names(true)).toEqual(['agent-1.jsonl', 'mine.jsonl', 'other.jsonl', 'ours.jsonl']);
});

test('without the person only those of slots, also where they share a directory', () => {
  expect(names(false)).toEqual(['other.jsonl', 'ours.jsonl']);
});

test('a slot whose secrets are not known is not read before they are', () => {
  expect(names(true, [coder])).toEqual(['agent-1.jsonl', 'mine.jsonl']);
  expect(names(false, [coder])).toEqual([]);
});
