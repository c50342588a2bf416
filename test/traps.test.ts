import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROW = /^\| (?<trap>[A-H]\d*[^|]*) \| `(?<file>[^`]+)` \| (?<title>[^|]*) \|$/;
const rows = readFileSync(new URL('./traps.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const { trap = '', file = '', title = '' } = ROW.exec(line)?.groups ?? {};
    return trap === '' ? [] : [{ trap, file, title }];
  });

test.each(rows)('$trap: $file', ({ file, title }) => {
  expect(title).not.toBe('');
  expect(readFileSync(new URL(file, import.meta.url), 'utf8')).toContain(title);
});

test('no kind of trap is without a test', () => {
  expect([...new Set(rows.map(({ trap }) => trap[0]))]).toEqual(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']);
  expect(rows.length).toBeGreaterThan(60);
});
