import { globMatcher, mayMatch } from './glob.ts';
import type { FoundCommand } from './shell-commands.ts';
import { programOf } from './shell-unwrap.ts';
import { HOLE, type ShellWord } from './shell-word.ts';

/** `maybe`: it depends on what an expansion yields. */
export type Meant = 'yes' | 'maybe' | 'no';

/** Options before a subcommand that are looked past: `git -C there -c a=b push`. */
const MOST_GLOBAL_WORDS = 8;
/** Long options of programs that destroy, by their letter. */
const LETTERS = [
  ['--recursive', 'r'],
  ['--force', 'f'],
  ['--dir', 'd'],
] as const;
/** They show their words, or look for them; nothing in them is run. */
const ONLY_SHOWS: ReadonlySet<string> = new Set(
  'echo printf grep egrep fgrep rg ag man which type command whatis apropos cat ls'.split(' '),
);
/** Where the command of an unknown wrapper may begin: its own words are few. */
const MOST_WRAPPER_WORDS = 16;

const oneSpace = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** `git:*`, as Claude Code's own settings write a beginning. Where it forbids, it also means `gitk`. */
export function plainGlob(pattern: string): string {
  return oneSpace(pattern.replace(/:\*$/, '*'));
}

/** Where it allows, the word ends there: `ls:*` is no `lsof`. */
function allowedGlob(pattern: string): string {
  return oneSpace(pattern.replace(/:\*$/, ' *'));
}

/** Long options may be cut short (getopt_long(3)): `--recurs`. */
function letterOf(word: string): string {
  return LETTERS.find(([name]) => word.length > 2 && name.startsWith(word))?.[1] ?? '';
}

/** `R` and `r` mean the same to the programs that have both, or have only one. */
function lettersOf(words: readonly string[]): ReadonlySet<string> {
  return new Set(
    words.flatMap((word) =>
      /^-[A-Za-z]+$/.test(word) ? [...word.slice(1).replaceAll('R', 'r')] : [letterOf(word)],
    ),
  );
}

/**
 * Looks for the options of a pattern wherever they stand: `rm -rf*` also means `rm -r -f`, `rm x -fr` and
 * `rm --recursive --force`; `git push --force*` also means `git push origin main -f`.
 */
function sameOptions(glob: string, words: readonly ShellWord[]): Meant {
  const open = glob.endsWith('*');
  const wanted = glob.replace(/\s*\*$/, '').split(' ');
  const lead = wanted.findIndex((word) => word.startsWith('-'));
  if (lead < 1 || wanted.some((word) => word.includes('*'))) return 'no';
  if (wanted.slice(0, lead).some((word, index) => words[index]?.text !== word)) return 'no';
  const rest = words.slice(lead);
  const texts = rest.map(({ text }) => text);
  const letters = lettersOf(texts);
  const found = wanted.slice(lead).every((word, index, all) => {
    const prefix = open && index === all.length - 1;
    if (
      texts.some((text) => text === word || text.startsWith(`${word}=`) || (prefix && text.startsWith(word)))
    )
      return true;
    return (
      word.startsWith('-') && [...lettersOf([word])].every((letter) => letter !== '' && letters.has(letter))
    );
  });
  if (found) return 'yes';
  return rest.some(({ mask }) => mask.startsWith(HOLE)) ? 'maybe' : 'no';
}

/** A command as it might also be named: by its program without a path, and without the options before its subcommand. */
function namesOf(words: readonly ShellWord[]): readonly (readonly ShellWord[])[] {
  const [first, ...rest] = words;
  if (first === undefined) return [];
  const bare = programOf(first);
  const mask = first.mask.slice(first.mask.lastIndexOf('/') + 1).replace(/^=(?=.)/, '');
  const named = [{ text: bare, mask }, ...rest];
  const names = [words, named];
  const options = rest[0]?.text.startsWith('-') === true ? Math.min(MOST_GLOBAL_WORDS, rest.length - 1) : 0;
  for (let drop = 1; drop <= options; drop++) names.push([{ text: bare, mask }, ...rest.slice(drop)]);
  return names;
}

const textOf = (words: readonly ShellWord[]): string => words.map(({ text }) => text).join(' ');
const maskOf = (words: readonly ShellWord[]): string => words.map(({ mask }) => mask).join(' ');

/** Tells whether a command is meant by a pattern that forbids or asks, by whatever name and order of options. */
export function forbids(pattern: string): (command: FoundCommand) => Meant {
  const glob = plainGlob(pattern);
  const matches = globMatcher(glob);
  return ({ words }) => {
    let meant: Meant = 'no';
    for (const name of namesOf(words)) {
      if (matches(textOf(name))) return 'yes';
      const options = sameOptions(glob, name);
      if (options === 'yes') return 'yes';
      const mask = maskOf(name);
      if (options === 'maybe' || (mask.includes(HOLE) && mayMatch(glob, mask))) meant = 'maybe';
    }
    return meant === 'no' && wrapped(words).some((name) => matches(textOf(name))) ? 'maybe' : meant;
  };
}

/** What a program that is not known as a wrapper may still run: `setpriv --x rm -rf build`. */
function wrapped(words: readonly ShellWord[]): readonly (readonly ShellWord[])[] {
  if (ONLY_SHOWS.has(programOf(words[0]))) return [];
  return words.slice(1, MOST_WRAPPER_WORDS).map((_, index) => words.slice(index + 1));
}

/** True when a command is what a pattern allows, whatever its expansions yield. */
export function permits(pattern: string, { words }: FoundCommand): boolean {
  const glob = allowedGlob(pattern);
  return textOf(words) === glob || globMatcher(glob)(maskOf(words));
}
