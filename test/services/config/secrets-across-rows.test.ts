import { expect, test } from 'vitest';
import { blotAcrossRows, redactAcrossRows } from '../../../services/config/secrets-across-rows.ts';

const SECRET = 'postgres://app:p(ss|w+rd@db/1';

test.each([
  ['a row that is full', `x ${SECRET.slice(0, 10)}\n${SECRET.slice(10)} y`, 'x [secret]\n y'],
  ['indented', `${SECRET.slice(0, 3)}\n     ${SECRET.slice(3)}`, '[secret]\n     '],
  [
    'over three rows of a box',
    `│ a ${SECRET.slice(0, 9)} │\r\n│ ${SECRET.slice(9, 18)} │\r\n│ ${SECRET.slice(18)} b │`,
    '│ a [secret] │\r\n│  │\r\n│  b │',
  ],
])('a secret is taken out of %s', (_, text, clean) => {
  expect(redactAcrossRows(text, ['another-secret', SECRET])).toBe(clean);
  const blotted = blotAcrossRows(text, [SECRET]);
  expect(blotted).toHaveLength(text.length);
  expect(blotted.match(/•/g)).toHaveLength(SECRET.length);
});

test.each(['one\ntwo postgres\n://', 'postgres://app\n\n:p(ss|w+rd@db/1', ''])(
  '%j stays as it is',
  (text) => {
    expect(redactAcrossRows(text, [SECRET, 'short'])).toBe(text);
  },
);

test('a large text is looked through at once', () => {
  const text = `${'post '.repeat(100)}${' '.repeat(1_000)}\n`.repeat(700);
  const began = performance.now();
  redactAcrossRows(text, [SECRET, ' '.repeat(40), 'post '.repeat(8)]);
  expect(performance.now() - began).toBeLessThan(5_000);
});
