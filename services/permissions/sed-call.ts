import { type Options, optionAt, optionsIn } from './option-reader.ts';
import { readSedScript, type SedScript } from './sed-script.ts';
import { HOLE, plainWord, type ShellWord } from './shell-word.ts';

/** What follows an `i` is the ending of the old file's new name. */
const WITH_VALUE: Options = {
  names: ['-e', '-f', '-l', '--expression', '--file', '--line-length'],
  valued: 'i',
};
const IN_PLACE: Options = { names: ['-i', '--in-place'], valued: 'efl', glued: true };
const SANDBOX: Options = { names: ['--sandbox'], others: ['--s'] };

/** How sed is called. */
export interface SedCall {
  readonly script: SedScript;
  /** Files that hold scripts. */
  readonly scriptFiles: readonly ShellWord[];
  readonly files: readonly ShellWord[];
  readonly isInPlace: boolean;
}

/** Pieces of a script, each on a line of its own. */
function inLines(pieces: readonly ShellWord[]): ShellWord {
  return {
    text: pieces.map(({ text }) => text).join('\n'),
    mask: pieces.map(({ mask }) => mask).join('\n'),
  };
}

const NOTHING: SedScript = { commands: [], reads: [], writes: [], hidden: false, open: false };

/** GNU sed has that name where another one came with the system. */
export const isSed = (program: string): boolean => program === 'sed' || program === 'gsed';

/** Reads the words of a call of sed. */
export function sedCall(words: readonly ShellWord[]): SedCall {
  const scripts: ShellWord[] = [];
  const scriptFiles: ShellWord[] = [];
  const operands: ShellWord[] = [];
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? plainWord('');
    const option = optionAt(words, at, WITH_VALUE);
    if (word.text === '--') {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (option?.value != null) {
      if (option.takesNext) at += 1;
      if (/^-?-e/.test(option.name)) scripts.push(option.value);
      else if (/^-?-f/.test(option.name)) scriptFiles.push(option.value);
    } else if (!/^-./.test(word.text) || word.mask.startsWith(HOLE)) operands.push(word);
  }
  if (scripts.length + scriptFiles.length === 0) scripts.push(...operands.splice(0, 1));
  const isSafe = optionsIn(words.slice(1), SANDBOX).length > 0;
  const unread = scriptFiles.some(
    ({ text, mask }) => mask.includes(HOLE) || /^-$|^\/+(?:dev|proc)\//.test(text),
  );
  const script = scripts.length === 0 || isSafe ? NOTHING : readSedScript(inLines(scripts));
  const names = ({ text }: ShellWord): boolean => !/^\/dev\/(?:stdout|stderr|stdin|null)$/.test(text);
  return {
    script: {
      ...script,
      reads: script.reads.filter(names),
      writes: script.writes.filter(names),
      hidden: script.hidden || (unread && !isSafe),
    },
    scriptFiles,
    files: operands,
    isInPlace: optionsIn(words.slice(1), IN_PLACE).length > 0,
  };
}
