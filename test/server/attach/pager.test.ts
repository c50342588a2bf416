import { expect, test } from 'vitest';
import { createPager } from '../../../server/attach/pager.ts';

const lines = Array.from({ length: 100 }, (_, index) => `line ${index + 1}`);
const size = { columns: 40, rows: 11 };

/** The first and the last line that the view shows. */
function shown(view: string): readonly (string | undefined)[] {
  const found = view.match(/line \d+/g) ?? [];
  return [found[0], found.at(-1)];
}

test('it begins at the end and says where it is', () => {
  const pager = createPager(lines, size);
  expect(shown(pager.view())).toEqual(['line 91', 'line 100']);
  expect(pager.view()).toContain('lines 91-100 of 100');
});

test.each([
  ['up', '\x1b[A', 'line 90'],
  ['k', 'kk', 'line 89'],
  ['page up', '\x1b[5~', 'line 81'],
  ['half a page', 'u', 'line 86'],
  ['the beginning', 'g', 'line 1'],
  ['not before the beginning', 'gk\x1b[5~', 'line 1'],
  ['there and back', 'g \x1b[B', 'line 12'],
  ['the end', 'gG', 'line 91'],
  ['not past the end', 'jjj', 'line 91'],
  ['unknown keys', 'xyz\x1b[1;5C', 'line 90'],
])('%s', (_, keys, first) => {
  const pager = createPager(lines, size);
  expect(pager.keys(keys)).toBeNull();
  expect(shown(pager.view())[0]).toBe(first);
});

test.each([
  ['q', ''],
  ['Q', ''],
  ['\x03', ''],
  ['\x1b', ''],
  ['kkqhello', 'hello'],
])('%j returns to the session, which gets what follows', (keys, rest) => {
  expect(createPager(lines, size).keys(keys)).toBe(rest);
});

test('a smaller window shows less, and nothing is wider than it', () => {
  const pager = createPager(['x'.repeat(200)], size);
  pager.resize({ columns: 10, rows: 3 });
  expect(pager.view()).toContain('x'.repeat(10));
  expect(pager.view()).not.toContain('x'.repeat(11));
});
