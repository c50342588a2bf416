import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SlotId } from '../../../db/ids.ts';
import { createTranscriptLister } from '../../../services/conversations/list-transcripts.ts';
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
  listSources(
    { personDirectory: path.join(folder, 'person'), readPerson },
    ledger,
    createTranscriptLister(() => Date.now()),
    new Set(withheld),
  )
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

test('what changes is seen at the next look; a conversation that has rested for a day within a minute', () => {
  let now = Date.now();
  const lister = createTranscriptLister(() => now);
  const sizes = (): Record<string, number> =>
    Object.fromEntries(
      lister.list([path.join(folder, 'slot')]).map(({ path: file, size }) => [path.basename(file), size]),
    );
  const file = path.join(folder, 'slot', 'projects', '-work', 'other.jsonl');
  expect(sizes()).toEqual({ 'other.jsonl': 3 });
  write('slot', 'projects', '-work', 'deep', 'subagents', 'agent-2.jsonl');
  appendFileSync(file, '{}\n');
  expect(sizes()).toEqual({ 'other.jsonl': 6, 'agent-2.jsonl': 3 });
  rmSync(path.join(folder, 'slot', 'projects', '-work', 'deep'), { recursive: true });
  expect(sizes()).toEqual({ 'other.jsonl': 6 });
  utimesSync(file, now / 1_000 - 100_000, now / 1_000 - 100_000);
  sizes();
  appendFileSync(file, '{}\n');
  utimesSync(file, now / 1_000 - 100_000, now / 1_000 - 100_000);
  now += 61_000;
  expect(sizes()).toEqual({ 'other.jsonl': 9 });
});
