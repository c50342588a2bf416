import type { ShellWord } from './shell-word.ts';

/** Options that mean the same to a program. */
export interface Options {
  /** `-x`, `--exec`, and for programs that have such ones `-out`. */
  readonly names: readonly string[];
  /** Other letters that take a value, which ends a cluster of letters: the `m` of `git commit -amx`. */
  readonly valued?: string;
  /** Long options that are themselves, not one of `names` cut short. */
  readonly others?: readonly string[];
  /** They stand alone, or their value is glued to them: `-O`, `-Ovim`, never `-O vim`. */
  readonly glued?: boolean;
}

/** An option as it was given. */
export interface GivenOption {
  /** As the table writes it. */
  readonly name: string;
  /** Null when it has none. */
  readonly value: ShellWord | null;
  /** The value is the word behind it. */
  readonly takesNext: boolean;
}

/** A word without its first letters. */
export const from = ({ text, mask }: ShellWord, start: number): ShellWord => ({
  text: text.slice(start),
  // What stands before a value is written out, so that both begin at the same place.
  mask: mask.slice(start),
});

/** True of `--exe` and `--exec=x` for `--exec` (getopt_long(3), gitcli(7)): a name may be cut short. */
export function isLongOption(text: string, name: string, others: readonly string[] = []): boolean {
  const [written = ''] = text.split('=', 1);
  return written.length > '--'.length && name.startsWith(written) && !others.includes(written);
}

function longOption(word: ShellWord, { names, others }: Options): Omit<GivenOption, 'takesNext'> | null {
  const name = names.find((each) => each.startsWith('--') && isLongOption(word.text, each, others));
  if (name === undefined) return null;
  const equals = word.text.indexOf('=');
  return { name, value: equals < 0 ? null : from(word, equals + 1) };
}

function shortOption(
  word: ShellWord,
  { names, valued = '' }: Options,
): Omit<GivenOption, 'takesNext'> | null {
  const whole = names.find((name) => /^-[^-]./.test(name) && name === word.text);
  if (whole !== undefined) return { name: whole, value: null };
  for (let at = 1; at < word.text.length; at++) {
    const letter = word.text[at] ?? '';
    if (!/[A-Za-z0-9]/.test(letter)) return null;
    const name = `-${letter}`;
    if (names.includes(name)) {
      const rest = word.text.startsWith('=', at + 1) ? at + 2 : at + 1;
      return { name, value: at + 1 < word.text.length ? from(word, rest) : null };
    }
    if (valued.includes(letter)) return null;
  }
  return null;
}

/** One of the options, if a word is one: cut short, glued to its value, in a cluster of letters. */
export function optionAt(args: readonly ShellWord[], at: number, options: Options): GivenOption | null {
  const word = args[at];
  if (word === undefined || !word.text.startsWith('-')) return null;
  const found = word.text.startsWith('--') ? longOption(word, options) : shortOption(word, options);
  if (found === null) return null;
  if (found.value !== null || options.glued === true) return { ...found, takesNext: false };
  const value = args[at + 1] ?? null;
  return { ...found, value, takesNext: value !== null };
}

/** The options wherever they stand among the words, `--` or not: not every program heeds it. */
export function optionsIn(args: readonly ShellWord[], options: Options): readonly GivenOption[] {
  return args.flatMap((_, at) => optionAt(args, at, options) ?? []);
}

/** Values of options: `-o x`, `-ox`, `-abox`, `--output=x`, `--outp x`. */
export function optionValues(args: readonly ShellWord[], options: Options): readonly ShellWord[] {
  return optionsIn(args, options).flatMap(({ value }) => value ?? []);
}
