import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SlotId } from '../../../db/ids.ts';
import { keepScreenshot } from '../../../services/screenshots/screenshot-files.ts';

const NOW = 1_790_000_000_000;
const bytes = Buffer.from('a picture');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-screenshots-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const keep = (slotId: string, now = NOW): string =>
  path.basename(keepScreenshot(folder, { slotId: SlotId.parse(slotId), format: 'png', bytes, now }));

test('a picture is for its owner alone', () => {
  const name = keep('coder-1');
  expect(name).toBe(`coder-1-${NOW}.png`);
  expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
});

test('two of one moment are two', () => {
  expect(keep('coder-1')).not.toBe(keep('coder-1'));
  expect(readdirSync(folder)).toHaveLength(2);
});

test('the newest twenty of a slot stay, and those of a slot whose name begins alike are not counted', () => {
  const others = ['coder-1', `coder-${NOW}`, 'coder-1-x'].map((slot) => keep(slot));
  for (let at = 1; at <= 25; at++) keep('coder', NOW + at);
  expect(readdirSync(folder).sort()).toEqual(
    [...others, ...Array.from({ length: 20 }, (_, at) => `coder-${NOW + 6 + at}.png`)].sort(),
  );
});

test('a picture stays when the clock was set back, also where there are many', () => {
  for (let at = 0; at < 20; at++) keep('coder', NOW + at);
  const [first, second] = [keep('coder', NOW - 60_000), keep('coder', NOW - 59_000)];
  expect(readdirSync(folder)).toEqual(expect.arrayContaining([first, second]));
  expect(readdirSync(folder)).toHaveLength(20);
});

test('those of slots that are gone do not add up for ever, and what is not ours stays', () => {
  writeFileSync(path.join(folder, 'holiday.png'), bytes);
  for (let at = 0; at < 410; at++) keep(`agent-${at}`, NOW + at);
  const names = readdirSync(folder);
  expect(names).toHaveLength(401);
  expect(names).toContain('holiday.png');
  expect(names).not.toContain(`agent-0-${NOW}.png`);
});
