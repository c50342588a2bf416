import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRecording } from '../../../services/recording/asciicast.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'missiond-cast-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function read(lines: readonly unknown[]): Promise<number> {
  const file = path.join(folder, 'a.cast');
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  let count = 0;
  for await (const _ of (await openRecording(file)).events) count += 1;
  return count;
}

const header = { version: 2, width: 80, height: 24 };

test('a recording of a terminal that would take all memory is refused, by line', async () => {
  await expect(read([{ ...header, width: 100_000, height: 100_000 }])).rejects.toMatchObject({
    code: 'recording_invalid',
    message: expect.stringContaining('a.cast, line 1'),
  });
  await expect(read([header, [1, 'o', 'x'], [2, 'r', '99999999x99999999']])).rejects.toMatchObject({
    code: 'recording_invalid',
    message: expect.stringContaining('a.cast, line 3'),
  });
});

test('a large terminal is no fault', async () => {
  expect(await read([{ ...header, width: 1_000 }, [1, 'r', '500x200'], [2, 'm', 'a mark']])).toBe(2);
});
