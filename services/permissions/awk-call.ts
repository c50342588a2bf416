import { type AwkProgram, readAwkProgram } from './awk-program.ts';
import { type Options, optionAt, optionValues } from './option-reader.ts';
import { HOLE, plainWord, type ShellWord } from './shell-word.ts';

const WITH_VALUE: Options = {
  names: [
    ...['-f', '-v', '-F', '-e', '-i', '-l', '-E'],
    ...['--file', '--assign', '--field-separator', '--source', '--include', '--load', '--exec'],
  ],
};
/** gawk writes what it has made of a program, or its variables. */
const OUTPUT: Options = {
  names: ['-o', '-d', '-p', '--pretty-print', '--dump-variables', '--profile'],
  valued: 'fvFeilE',
  glued: true,
};
const SCRIPT_FILE = /^(?:-[fiE]|--(?:file|include|exec))$/;

/** How awk is called. */
export interface AwkCall {
  readonly program: AwkProgram;
  /** Files that hold programs. */
  readonly scriptFiles: readonly ShellWord[];
  readonly files: readonly ShellWord[];
  readonly writes: readonly ShellWord[];
}

export const isAwk = (program: string): boolean => /^[gmn]?awk$/.test(program);

/** Reads the words of a call of awk. */
export function awkCall(words: readonly ShellWord[]): AwkCall {
  const programs: ShellWord[] = [];
  const scriptFiles: ShellWord[] = [];
  let isLoaded = false;
  let at = 1;
  for (; at < words.length; at++) {
    const word = words[at] ?? plainWord('');
    if (word.text === '--') {
      at += 1;
      break;
    }
    const option = optionAt(words, at, WITH_VALUE);
    if (option?.value != null) {
      if (option.takesNext) at += 1;
      if (option.name === '-e' || option.name === '--source') programs.push(option.value);
      else if (SCRIPT_FILE.test(option.name)) scriptFiles.push(option.value);
      else if (option.name === '-l' || option.name === '--load') isLoaded = true;
    } else if (!/^-./.test(word.text) || word.mask.startsWith(HOLE)) break;
  }
  const operands = words.slice(at);
  const options = words.slice(1, at);
  if (programs.length + scriptFiles.length === 0) programs.push(...operands.splice(0, 1));
  const unread = scriptFiles.some(
    ({ text, mask }) => mask.includes(HOLE) || /^-$|^\/+(?:dev|proc)\//.test(text),
  );
  const program = readAwkProgram({
    text: programs.map(({ text }) => text).join('\n'),
    mask: programs.map(({ mask }) => mask).join('\n'),
  });
  return {
    program: { ...program, hidden: program.hidden || unread || isLoaded },
    scriptFiles,
    // `name=value` among the files gives a variable a value.
    files: operands.filter(({ text }) => !/^[A-Za-z_]\w*=/.test(text)),
    writes: [...program.writes, ...optionValues(options, OUTPUT)],
  };
}
