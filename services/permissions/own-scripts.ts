import { awkCall, isAwk } from './awk-call.ts';
import { mayMatch } from './glob.ts';
import { type Options, optionsIn, optionValues } from './option-reader.ts';
import { isSed, sedCall } from './sed-call.ts';
import { isInterpreter } from './shell-escapes.ts';
import { mentionedFiles } from './shell-files.ts';
import { isShell } from './shell-unwrap.ts';
import { HOLE, plainWord, programOf, type ShellWord } from './shell-word.ts';

type Words = readonly ShellWord[];

/** They change a file without saying what stands in it; git puts back what was there. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(
  'chmod chown chgrp touch rm rmdir unlink shred truncate mkdir git'.split(' '),
);
/** What comes out is what went in. */
const HANDS_ON: ReadonlySet<string> = new Set(['mv', 'cp', 'ln', 'install', 'rsync']);
const EDITS: ReadonlySet<string> = new Set(['perl', 'ruby', 'yq']);
const SCRIPT_FILE: ReadonlyMap<string, Options> = new Map([
  ['make', { names: ['-f', '--file', '--makefile'], valued: 'CIjloWO' }],
]);
/** Files that a program runs without being told. */
const RUN_UNNAMED: ReadonlyMap<string, Words> = new Map([
  ['make', ['Makefile', 'makefile', 'GNUmakefile'].map(plainWord)],
  ...['npm', 'pnpm', 'yarn', 'bun'].map((name): [string, Words] => [name, [plainWord('package.json')]]),
]);
/** Options of interpreters with which no file that is named is a script. */
const CODE: readonly (readonly [program: RegExp, options: Options])[] = [
  [/^(?:python|pypy)/, { names: ['-c'], valued: 'mWX' }],
  [/^(?:node|nodejs|bun)$/, { names: ['-e', '-p', '--eval', '--print'], valued: 'rC' }],
  [/^perl$/, { names: ['-e', '-E'], valued: 'MmIiCDFxV' }],
  [/^ruby$/, { names: ['-e'], valued: 'CEFIiKrTWx' }],
];
/** What an interpreter reads in before the code that it is given. */
const PRELOADS: Options = { names: ['-r', '--require', '--import'] };
const SPLIT_VALUED: Options = { names: ['-a', '-b', '-C', '-l', '-n', '-t'] };

/** Names that a text writes, without their folders. */
interface Written {
  /** What stands in them is chosen by the text. */
  readonly whole: Words;
  /** What stands in them was there, and is changed here and there. */
  readonly edited: Words;
}

function nameOf({ text, mask }: ShellWord): ShellWord {
  return { text: text.slice(text.lastIndexOf('/') + 1), mask: mask.slice(mask.lastIndexOf('/') + 1) };
}

/** Only what the shell fills in from the names of files: of a variable that nobody knows each would be asked about. */
const isNamed = ({ text, mask }: ShellWord): boolean => !mask.includes(HOLE) || !/[$`]/.test(text);

const GLOB = /[*?]|\[[^\][]*\]/g;

/** Whether a word, a glob maybe, can be one of the written files. */
function isAmong(word: ShellWord, written: Words): boolean {
  if (!isNamed(word)) return false;
  const wanted = nameOf(word).mask.replaceAll(HOLE, '*').replace(GLOB, '*');
  return wanted !== '' && written.some((file) => mayMatch(wanted, file.mask.replace(GLOB, HOLE)));
}

/** `split a.txt part-` writes part-aa and more. */
function pieces(args: Words): ShellWord {
  const values = new Set(optionValues(args, SPLIT_VALUED));
  const [, prefix = plainWord('x')] = args.filter((word) => !/^-./.test(word.text) && !values.has(word));
  return { text: `${prefix.text}*`, mask: `${prefix.mask}*` };
}

function writtenBy(words: Words, before: Words): Written {
  const program = programOf(words[0]);
  const args = words.slice(1);
  if (SAYS_NOTHING.has(program)) return { whole: [], edited: [] };
  if (isSed(program)) {
    const { script, files, isInPlace } = sedCall(words);
    return { whole: script.writes, edited: isInPlace ? files : [] };
  }
  if (program === 'split') return { whole: [pieces(args)], edited: [] };
  if (isAwk(program)) return { whole: awkCall(words).writes, edited: [] };
  const { changes } = mentionedFiles(words);
  if (EDITS.has(program)) return { whole: [], edited: changes };
  const handsOn = HANDS_ON.has(program) && !args.some((word) => isAmong(word, before));
  return { whole: handsOn ? [] : changes, edited: [] };
}

/** Whether a command runs one of the files. */
function runs([first, ...args]: Words, { whole, edited }: Written): boolean {
  if (first === undefined) return false;
  const all = [...whole, ...edited];
  const program = programOf(first);
  if (first.text.includes('/') && isAmong(first, all)) return true;
  if (isShell(program) || program === 'source' || program === '.')
    return args.some((arg) => isAmong(arg, all));
  if (isInterpreter(program)) {
    const code = CODE.find(([name]) => name.test(program))?.[1];
    const named =
      code !== undefined && optionsIn(args, code).length > 0 ? optionValues(args, PRELOADS) : args;
    return named.some((arg) => isAmong(arg, whole));
  }
  const option = SCRIPT_FILE.get(program);
  const named = option === undefined ? [] : optionsIn(args, option).flatMap(({ value }) => value ?? []);
  const unnamed = RUN_UNNAMED.get(program) ?? [];
  if (isSed(program)) named.push(...sedCall([first, ...args]).scriptFiles);
  if (isAwk(program)) named.push(...awkCall([first, ...args]).scriptFiles);
  return [...named, ...unnamed].some((file) => isAmong(file, whole));
}

/**
 * True when a text runs a script that it writes itself: its name says nothing of what it does then.
 * @param redirected files that redirections write
 */
export function runsOwnScript(commands: readonly { readonly words: Words }[], redirected: Words): boolean {
  let written: Written = { whole: redirected.map(nameOf), edited: [] };
  // What is moved may have been written by a later command of a loop, and moved on by an earlier one.
  for (let round = 0; round < 2; round++) {
    for (const { words } of commands) {
      const more = writtenBy(words, written.whole);
      if (more.whole.length + more.edited.length === 0) continue;
      written = {
        whole: [...written.whole, ...more.whole.map(nameOf)],
        edited: [...written.edited, ...more.edited.map(nameOf)],
      };
    }
    if (!commands.some(({ words }) => HANDS_ON.has(programOf(words[0])))) break;
  }
  return commands.some(({ words }) => runs(words, written));
}
