import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readSedScript } from '../../../services/permissions/sed-script.ts';
import { plainWord } from '../../../services/permissions/shell-word.ts';

const does = (script: string): boolean => {
  const { commands, reads, writes, hidden } = readSedScript(plainWord(script));
  return hidden || commands.length + reads.length + writes.length > 0;
};

it.each([
  ['r a.txt', { reads: ['a.txt'] }],
  ['/x/,$R  b c.txt', { reads: ['b c.txt'] }],
  ['1w out;p', { writes: ['out;p'] }],
  ['s/a/b/gw out\nW other', { writes: ['out', 'other'] }],
  ['$!e date; ls', { commands: ['date; ls'] }],
  ['s/a/b/;p', {}],
])('%j', (script, expected) => {
  const { commands, reads, writes, hidden } = readSedScript(plainWord(script));
  const texts = [commands, reads, writes].map((words) => [...new Set(words.map(({ text }) => text))]);
  const found = { commands: [], reads: [], writes: [], ...expected };
  expect({ texts, hidden }).toEqual({ texts: [found.commands, found.reads, found.writes], hidden: false });
});

const PIECES = [
  ...'sea;e;w;r;y;{;};!;$;,;/;[;];\\;\n;\n; ;;;#;:;b;a;i;c;q;p;n;1;~;+;I;g;|;&;^;e;e'.split(';'),
  ...[
    's/a/b/',
    's/',
    's|',
    '/a/',
    'e x',
    'a\\\n',
    'w f',
    's/[/]/',
    '[^/]',
    '[]/]',
    '[[:alpha:]/]',
    ';',
    'y/a/b/',
    '\\,',
    'a\\',
  ],
];
const sed = (script: string) =>
  spawnSync('sed', ['--sandbox', '-n', '--', script], { input: '', encoding: 'utf8', timeout: 5_000 });
const knowsSandbox = sed('e x').stderr?.includes('sandbox') === true;

if (!knowsSandbox)
  process.stderr.write('skipped: this sed knows no --sandbox, so nothing can be compared with it\n');

it.skipIf(!knowsSandbox)(
  'whatever GNU sed would run, read or write is seen (skipped where its --sandbox is not known)',
  () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 9 }), (pieces) => {
        const script = pieces.join('');
        fc.pre(!does(script));
        expect(sed(script).stderr).not.toContain('sandbox');
      }),
      {
        numRuns: Number(process.env['SED_RUNS'] ?? 150),
        seed: Number(process.env['SED_SEED'] ?? 1),
        maxSkipsPerRun: 1_000,
      },
    );
  },
);
