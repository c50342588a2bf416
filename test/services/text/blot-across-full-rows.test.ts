import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blotTokens } from '../../../db/redact-tokens.ts';
import { createBlotting } from '../../../services/config/redact.ts';
import { blotAcrossFullRows } from '../../../services/text/blot-across-full-rows.ts';

const COLUMNS = 40;
const SECRET = 'correct-horse-battery-staple';
const known = createBlotting([SECRET]);
const blot = (text: string): string => blotTokens(known(text));
const hide = (...rows: readonly string[]): readonly string[] => blotAcrossFullRows(rows, COLUMNS, blot);

test('a known secret that goes on in the next row, behind its indentation and within a frame', () => {
  expect(hide('  the key of the vault is correct-horse', '    -battery-staple, keep it')).toEqual([
    '  the key of the vault is •••••••••••••',
    '    •••••••••••••••, keep it',
  ]);
  expect(
    hide('│ Bash(curl -H correct-horse-battery-s │', '│ taple)                               │'),
  ).toEqual(['│ Bash(curl -H ••••••••••••••••••••••• │', '│ •••••)                               │']);
});

test('one over three rows, and what looks like one of a service', () => {
  const token = `ghp_${'a1B2'.repeat(24)}`;
  const rows = [token.slice(0, 38), `  ${token.slice(38, 76)}`, `  ${token.slice(76)} is gone`];
  expect(hide(...rows)).toEqual(['•'.repeat(38), `  ${'•'.repeat(38)}`, `  ${'•'.repeat(24)} is gone`]);
});

test('wide letters count twice', () => {
  expect(hide('部署部署部署部署部署部署部署correct-', 'horse-battery-staple')).toEqual([
    '部署部署部署部署部署部署部署••••••••',
    '••••••••••••••••••••',
  ]);
});

test('rows that end before the edge have nothing to do with the next', () => {
  const rows = ['correct-horse', '-battery-staple'];
  expect(hide(...rows)).toEqual(rows);
});

test('within a row nothing is changed: that is taken out otherwise', () => {
  const rows = [`it is ${SECRET}`, 'and goes on here with other words'];
  expect(hide(...rows)).toEqual(rows);
});

test('however a secret is cut into full rows, nothing of it is left, and nothing else changes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: SECRET.length - 1 }),
      fc.constantFrom('', '  ', '│ ', '  ⎿  '),
      (cut, before) => {
        const first = `${'x'.repeat(COLUMNS - cut - 1)} ${SECRET.slice(0, cut)}`;
        const second = `${before}${SECRET.slice(cut)} rest`;
        expect(hide(first, second)).toEqual([
          first.replace(SECRET.slice(0, cut), '•'.repeat(cut)),
          `${before}${'•'.repeat(SECRET.length - cut)} rest`,
        ]);
      },
    ),
  );
});
