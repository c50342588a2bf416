import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pageOf } from '../../actors/mission/text-page.ts';

function pages(text: string, limit: number): readonly string[] {
  const all: string[] = [];
  for (let offset: number | undefined = 0; offset !== undefined; ) {
    const page = pageOf(text, { offset, limit });
    all.push(page.text);
    offset = page.nextOffset;
  }
  return all;
}

test('the pages of any text are the text, and no page cuts a character in two', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.integer({ min: 1, max: 9 }),
      (text, limit) => {
        const all = pages(text, limit);
        expect(all.join('')).toBe(text);
        for (const page of all) expect(() => encodeURIComponent(page)).not.toThrow();
      },
    ),
  );
});

test('a page beyond the end is empty and the last', () => {
  expect(pageOf('abc', { offset: 9, limit: 2 })).toEqual({ text: '', totalChars: 3 });
});
