import fc from 'fast-check';
import picomatch from 'picomatch';
import { expect, it } from 'vitest';
import { createGround } from '../../../services/permissions/ground.ts';
import { pathPattern } from '../../../services/permissions/path-pattern.ts';

const step = fc.constantFrom(
  'a',
  'ab',
  'src',
  '*',
  '**',
  'a*',
  '*b',
  '[ab]',
  '?',
  '.',

  '\\*',
  '\\(a\\)',
);
const name = fc.constantFrom('a', 'ab', 'b', 'src', 'xa', 'xb', '*', '(a)', 'b.ts');

it('passes over no place that the pattern means', () => {
  fc.assert(
    fc.property(
      // Of two `**` in a row picomatch makes something else.
      fc.array(step, { minLength: 1, maxLength: 4 }).filter(
        (steps) =>
          !steps
            .filter((one) => one !== '.')
            .join('/')
            .includes('**/**'),
      ),
      fc.array(name, { minLength: 1, maxLength: 4 }),
      (steps, names) => {
        const glob = steps.filter((one) => one !== '.').join('/');
        const options = { dot: true, nobrace: true, noextglob: true, nonegate: true };
        const folder = glob.replace(/\/?\*\*$/, '');
        const whole = picomatch(
          [glob, `${glob}/**`, folder].filter((one) => one !== ''),
          options,
        );
        const found = pathPattern(`//${steps.join('/')}`).matches(
          `/${names.join('/')}`,
          createGround('/'),
          true,
        );
        expect(found).toBe(glob === '' || whole(names.join('/')));
      },
    ),
    { numRuns: 2_000 },
  );
});

it.each([
  ['app/(shop)/**', '/app/(shop)/page.tsx', true],
  ['app/(shop)/**', '/app/shop/page.tsx', false],
  ['(a|b)', '/x/(a|b)', true],
  ['(a|b)', '/x/a', false],
  ['x[!a]', '/xb', true],
  ['x[!a]', '/xa', false],
  ['x[^a-c]', '/xb', false],
  ['[]a]', '/]', true],
  ['a[', '/a[', true],
  ['a**b', '/axyb', true],
  ['a/**/b', '/a/b', true],
  ['a/**/b', '/a/x/y/b/c', true],
  ['a/*', '/a', false],
])('%s and %s: %s', (pattern, place, means) => {
  expect(pathPattern(pattern).matches(place, createGround('/'), true)).toBe(means);
});

it('takes no time that grows with the stars of a pattern', () => {
  const pattern = pathPattern(`//${'*a'.repeat(40)}c`);
  expect(pattern.matches(`/${'a'.repeat(4_000)}`, createGround('/'), true)).toBe(false);
  const deep = pathPattern(`//${'**/a/'.repeat(40)}c`);
  expect(deep.matches(`/${'a/'.repeat(1_000)}b`, createGround('/'), true)).toBe(false);
});
