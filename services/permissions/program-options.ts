import { from, type Options, optionsIn, optionValues } from './option-reader.ts';
import { HOLE, type ShellWord } from './shell-word.ts';

/** Options whose value is a command, which a shell reads or which is split at its blanks. */
const COMMANDS: ReadonlyMap<string, Options> = new Map([
  [
    'tar',
    {
      names: [
        '-I',
        '-F',
        '--use-compress-program',
        '--to-command',
        '--info-script',
        '--new-volume-script',
        '--rsh-command',
        '--rmt-command',
      ],
      valued: 'bCfgHKLNTVX',
    },
  ],
  ['rsync', { names: ['-e', '--rsh', '--rsync-path'], valued: 'BTMf' }],
  ['man', { names: ['-P', '-H', '--pager', '--html'], valued: 'CRLmMSsirET' }],
  ['su', { names: ['-c', '--command', '--session-command'], valued: 'gGsTw' }],
  ['runuser', { names: ['-c', '--command', '--session-command'], valued: 'gGsTwu' }],
  ['script', { names: ['-c', '--command'], valued: 'BEIOTmo' }],
  ['npx', { names: ['-c', '--call'], valued: 'pw' }],
  ['npm', { names: ['-c', '--call'], valued: 'wC', others: ['--ca'] }],
  ['split', { names: ['--filter'] }],
  ['sort', { names: ['--compress-program'] }],
  ['mapfile', { names: ['-C'], valued: 'dnOsuc' }],
  ['readarray', { names: ['-C'], valued: 'dnOsuc' }],
  // Words for -W are expanded, substitutions and all.
  ['compgen', { names: ['-C', '-F', '-W'], valued: 'AoGPSXV' }],
  ['complete', { names: ['-C', '-F', '-W'], valued: 'AoGPSX' }],
  ['bind', { names: ['-x'], valued: 'fmqru' }],
]);

/** Options with which a program runs what is not read here. */
const HIDDEN: ReadonlyMap<string, Options> = new Map([
  ['start-stop-daemon', { names: ['-x', '-a', '--exec', '--startas'], valued: 'cdgkNnpPrRsu' }],
  ...['npm', 'pnpm', 'yarn', 'npx'].map((name): [string, Options] => [
    name,
    {
      names: ['--script-shell', '--node-options', '--onload-script', '--init-module'],
      others: ['--node', '--init'],
    },
  ]),
  ['make', { names: ['-E', '--eval'] }],
  ['zip', { names: ['-TT', '--unzip-command'] }],
]);

/** With them a program does in another place, or by other settings, what a rule means it to do here. */
const ELSEWHERE: ReadonlyMap<string, Options> = new Map(
  ['npm', 'pnpm', 'yarn'].map((name): [string, Options] => [
    name,
    { names: ['-C', '--prefix', '--userconfig', '--globalconfig', '--dir', '--cwd'], valued: 'w' },
  ]),
);

/** What tar tells at its checkpoints without running anything. */
const HARMLESS_ACTION = /^(?:dot|\.|echo|bell|totals|sleep=\d+|ttyout)/;
const CHECKPOINT: Options = { names: ['--checkpoint-action'], others: ['--checkpoint'] };
const MAKEFILE: Options = { names: ['-f', '--file', '--makefile'], valued: 'CIjloWO' };
const TRACE: Options = { names: ['-o', '--output'], valued: 'abeEIOPpsSuUX' };
/** tar's first word may be letters without a dash, whose values follow it one after another. */
const OLD_STYLE_PROGRAM = /^[a-zA-Z]*[IF]/;

export interface OptionRuns {
  readonly scripts: readonly ShellWord[];
  readonly hidden: boolean;
  /** It does what it does elsewhere. */
  readonly elsewhere: boolean;
}

/** What a program runs because one of its options says so. */
export function runByOptions(program: string, args: readonly ShellWord[]): OptionRuns {
  const commands = COMMANDS.get(program);
  const hiding = HIDDEN.get(program);
  const elsewhere = ELSEWHERE.get(program);
  const tar =
    program === 'tar' &&
    (OLD_STYLE_PROGRAM.test(args[0]?.text ?? '') ||
      optionValues(args, CHECKPOINT).some(({ text }) => !HARMLESS_ACTION.test(text)));
  // `-o '|x'` and `-o '!x'` print into x.
  const traced =
    program === 'strace' ? optionValues(args, TRACE).filter(({ text }) => /^[|!]/.test(text)) : [];
  const make =
    program === 'make' &&
    (optionValues(args, MAKEFILE).some(
      ({ text, mask }) => mask.includes(HOLE) || /^-$|^\/(?:dev|proc)\//.test(text),
    ) ||
      args.some(({ text }) => /^(?:SHELL|\.SHELLFLAGS|MAKEFLAGS|MAKEFILES)[:+?]*=/.test(text)));
  return {
    scripts: [
      ...(commands === undefined ? [] : optionValues(args, commands)),
      ...traced.map((word) => from(word, 1)),
    ],
    hidden: tar || make || (hiding !== undefined && optionsIn(args, hiding).length > 0),
    elsewhere: elsewhere !== undefined && optionsIn(args, elsewhere).length > 0,
  };
}
