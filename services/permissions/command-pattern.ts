import { globMatcher, mayMatch } from './glob.ts';
import type { FoundCommand } from './shell-commands.ts';

import { HOLE, plainWord, programOf, type ShellWord } from './shell-word.ts';

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
/** They show their words, look for them, or take them for files. */
const RUNS_NO_WORD: ReadonlySet<string> = new Set(
  `echo printf grep egrep fgrep rg ag man which type command whatis apropos cat ls cp mv touch mkdir rmdir cd pushd ln chmod
   chown stat file test [ diff cmp wc head tail sort uniq less more jq basename dirname realpath readlink gcc cc g++ clang tsc`.split(
    /\s+/,
  ),
);
/** The same of git; what its options run is found elsewhere. */
const OF_GIT: ReadonlySet<string> = new Set(
  `add blame branch checkout cherry-pick commit diff grep log merge mv pull push reset restore revert rm show stash status
   switch tag`.split(/\s+/),
);
/** Where the command of an unknown wrapper may begin: its own words are few. */
const MOST_WRAPPER_WORDS = 16;

const oneSpace = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** `git:*`, as Claude Code's own settings write a beginning. Where it forbids, it also means `gitk`. */
function plainGlob(pattern: string): string {
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

/** The options of a pattern, looked for wherever they stand. */
interface WantedOptions {
  readonly lead: readonly string[];
  readonly options: readonly string[];
  readonly open: boolean;
}

/** Null when the pattern has no options behind plain words. */
function optionsOf(glob: string): WantedOptions | null {
  const wanted = glob.replace(/\s*\*$/, '').split(' ');
  const lead = wanted.findIndex((word) => word.startsWith('-'));
  if (lead < 1 || wanted.some((word) => word.includes('*'))) return null;
  return { lead: wanted.slice(0, lead), options: wanted.slice(lead), open: glob.endsWith('*') };
}

/**
 * `rm -rf*` also means `rm -r -f`, `rm x -fr` and `rm --recursive --force`; `git push --force*` also means
 * `git push origin main -f`.
 */
function hasOptions({ lead, options, open }: WantedOptions, words: readonly ShellWord[]): Meant {
  if (lead.some((word, index) => words[index]?.text !== word)) return 'no';
  const rest = words.slice(lead.length);
  const texts = rest.map(({ text }) => text);
  const letters = lettersOf(texts);
  const found = options.every((word, index) => {
    const prefix = open && index === options.length - 1;
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

/** What a program that is not known as a wrapper may still run: `setpriv --x rm -rf build`. */
function wrapped(words: readonly ShellWord[]): readonly (readonly ShellWord[])[] {
  const program = programOf(words[0]);
  if (RUNS_NO_WORD.has(program) || (program === 'git' && OF_GIT.has(words[1]?.text ?? ''))) return [];
  return words.slice(1, MOST_WRAPPER_WORDS).flatMap((_, index) => {
    const [first, ...rest] = words.slice(index + 1);
    if (first === undefined) return [];
    return first.text.includes('/')
      ? [
          [first, ...rest],
          [plainWord(programOf(first)), ...rest],
        ]
      : [[first, ...rest]];
  });
}

/** A command in every way in which it might be named, worked out once for all patterns. */
export interface Spellings {
  readonly text: string;
  readonly mask: string;
  /** A word of it holds blanks, or nothing: what stands in the text looks like other words. */
  readonly hasBlanks: boolean;
  readonly names: readonly {
    readonly words: readonly ShellWord[];
    readonly text: string;
    /** Null when nothing in it is unknown. */
    readonly mask: string | null;
  }[];
  /** What it may run, as texts. */
  readonly wrapped: readonly string[];
  /** Words that one of those texts begins with; a pattern that begins with another one does not mean it. */
  readonly beginnings: ReadonlySet<string>;
  /** It may begin with any word. */
  readonly beginsUnknown: boolean;
}

export function spellingsOf({ words }: FoundCommand): Spellings {
  const names = namesOf(words).map((name) => {
    const mask = maskOf(name);
    return { words: name, text: textOf(name), mask: mask.includes(HOLE) ? mask : null };
  });
  const within = wrapped(words).map(textOf);
  return {
    text: textOf(words),
    mask: maskOf(words),
    hasBlanks: words.some(({ text }) => text === '' || /\s/.test(text)),
    names,
    wrapped: within,
    beginnings: new Set([...names.map(({ text }) => text), ...within].map(firstWord)),
    beginsUnknown: names.some(({ mask }) => mask !== null && firstWord(mask).includes(HOLE)),
  };
}

const firstWord = (text: string): string => text.split(' ', 1)[0] ?? '';

/** A pattern for commands, read once and asked about many. */
export interface CommandPattern {
  /**
   * Whether a command is meant by a pattern that forbids or asks, by whatever name and order of options.
   * @param alsoPerhaps without it `no` may stand for `maybe`, and costs less
   */
  forbids(command: Spellings, alsoPerhaps: boolean): Meant;
  /** True when a command is what a pattern allows, whatever its expansions yield. */
  permits(command: Spellings): boolean;
  /** For the whole text of a call. */
  readonly text: string;
  readonly matchesText: (text: string) => boolean;
}

export function commandPattern(pattern: string): CommandPattern {
  const glob = plainGlob(pattern);
  const allowed = allowedGlob(pattern);
  const matches = globMatcher(glob);
  const allows = globMatcher(allowed);
  const isExact = !pattern.includes('*');
  const options = optionsOf(glob);
  // `rm*` is also the beginning of `rmdir`; `rm -rf*` begins with the word rm.
  const beginning = glob.includes(' ') && !firstWord(glob).includes('*') ? firstWord(glob) : null;
  return {
    text: glob,
    matchesText: matches,
    forbids({ names, wrapped: within, beginnings, beginsUnknown }, alsoPerhaps) {
      if (beginning !== null && !beginsUnknown && !beginnings.has(beginning)) return 'no';
      let meant: Meant = 'no';
      for (const { words, text, mask } of names) {
        if (matches(text)) return 'yes';
        const found = options === null ? 'no' : hasOptions(options, words);
        if (found === 'yes') return 'yes';
        if (!alsoPerhaps) continue;
        if (found === 'maybe' || (mask !== null && mayMatch(glob, mask))) meant = 'maybe';
      }
      return alsoPerhaps && meant === 'no' && within.some(matches) ? 'maybe' : meant;
    },
    permits: ({ text, mask, hasBlanks }) =>
      !(isExact && hasBlanks) && ((text === allowed && !mask.includes(HOLE)) || allows(mask)),
  };
}
