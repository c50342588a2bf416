import fc from 'fast-check';
import { expect, it } from 'vitest';
import { globMatcher, mayMatch } from '../../../services/permissions/glob.ts';
import { HOLE } from '../../../services/permissions/shell-word.ts';

it.each([
  ['rm -rf*', 'rm -rf /', true],
  ['rm -rf *', 'rm -rf', true],
  ['rm -rf *', 'rm -rfv', false],
  ['npm run *', 'npm run a/b\nc', true],
  ['a.b', 'axb', false],
  ['a(b)[c]*', 'a(b)[c]d', true],
])('%s and %s: %s', (glob, text, matches) => {
  expect(globMatcher(glob)(text)).toBe(matches);
});

it('matches what the same regular expression matches', () => {
  const letters = fc.constantFrom('a', 'b', ' ', '\n', '.');
  const glob = fc.array(fc.oneof(letters, fc.constant('*')), { maxLength: 7 }).map((parts) => parts.join(''));
  const text = fc.array(letters, { maxLength: 9 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(glob, text, (g, t) => {
      const source = g
        .replaceAll('.', '\\.')
        .replaceAll('*', '[^]*')
        .replace(/ \[\^\]\*$/, '( [^]*)?');
      expect(globMatcher(g)(t)).toBe(new RegExp(`^${source}$`).test(t));
    }),
    { numRuns: 3000 },
  );
});

it('is not held up by a long text that nearly matches', () => {
  const text = 'abc'.repeat(100_000);
  expect(globMatcher('*a*b*c*d*')(text)).toBe(false);
  expect(mayMatch('*a*b*c*d*', text + HOLE)).toBe(true);
});

it('finds a match behind holes exactly when some filling makes one', () => {
  const letters = fc.constantFrom('a', 'b', ' ');
  const glob = fc.array(fc.oneof(letters, fc.constant('*')), { maxLength: 6 }).map((parts) => parts.join(''));
  const mask = fc.array(fc.oneof(letters, fc.constant(HOLE)), { maxLength: 5 });
  const fillings = ['', 'a', 'b', ' ', 'ab', 'ba', ' a', 'a b', 'b a', 'aa', 'bb', 'aab', 'abb', 'bba', '  '];
  fc.assert(
    fc.property(
      glob,
      mask,
      fc.array(fc.constantFrom(...fillings), { minLength: 5, maxLength: 5 }),
      (g, m, fill) => {
        const filled = m.map((part, index) => (part === HOLE ? (fill[index] ?? '') : part)).join('');
        if (globMatcher(g)(filled)) expect(mayMatch(g, m.join(''))).toBe(true);
      },
    ),
    { numRuns: 3000 },
  );
  expect(mayMatch('rm -rf*', `${HOLE} -rf x`)).toBe(true);
  expect(mayMatch('rm -rf*', `git ${HOLE}`)).toBe(false);
  expect(mayMatch('git push*', `git p${HOLE}`)).toBe(true);
  expect(mayMatch('git push', `git ${HOLE} --force`)).toBe(false);
});

it('takes a mask for a glob whose stars are its holes, where the other is a text', () => {
  const letters = fc.constantFrom('a', 'b', ' ');
  const text = fc.string({ unit: letters, maxLength: 7 });
  const mask = fc.string({ unit: fc.oneof(letters, fc.constant('*')), maxLength: 6 });
  fc.assert(
    fc.property(text, mask, (t, m) => {
      // A last ` *` of a glob also stands for nothing, a hole does not.
      fc.pre(!m.endsWith(' *'));
      expect(mayMatch(t, m.replaceAll('*', HOLE))).toBe(globMatcher(m)(t));
    }),
    { numRuns: 3000 },
  );
});
