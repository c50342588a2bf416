import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Meant } from './command-pattern.ts';
import { isBare } from './file-roles.ts';
import type { Ground } from './ground.ts';
import {
  ANY_FILE,
  type DoubtfulFile,
  doubtful,
  goesThroughProcess,
  holdsExpansion,
  isOpen,
} from './path-doubt.ts';
import type { PatternArgument } from './pattern-argument.ts';
import type { FoundCommands } from './shell-commands.ts';
import { HOLE, type ShellWord } from './shell-word.ts';

/** The disk is asked for each; more is not a command that is meant to be read, and would hold up everybody else. */
const MOST_PLACES = 2_000;
/** A path is followed name by name, links and all. */
const MOST_NAMES = 2_000;
/** Each `cd` doubles the ways; a text with more is up to something. */
const MOST_FOLDERS = 64;
export const READING = ['Read'];
export const WRITING = ['Edit', 'Write'];

/** A file that a call reads or changes on the way, by the names of the tools whose rules it falls under. */
export interface SideEffect {
  readonly tools: readonly string[];
  /** @param alsoPerhaps without it `no` may stand for `maybe`, and costs less */
  restricts(pattern: PatternArgument, alsoPerhaps: boolean): Meant;
  allows(pattern: PatternArgument): boolean;
  /** False when rules for the whole of those tools are about their calls only. */
  readonly meantByName: boolean;
  /** Nobody knows whether the call does this at all: it names the files to a program that may. */
  readonly isGuess: boolean;
  /** True when an allowed call also needs this allowed. */
  readonly needsAllowing: boolean;
  /** Where the files are. */
  places(): readonly string[];
}

/** Each word once, in the order of their first places. */
function distinct(words: readonly ShellWord[]): readonly ShellWord[] {
  return [...new Map(words.map((word) => [`${word.text}\0${word.mask}`, word])).values()];
}

/** What a call does to files that are named to it, seen from each folder that it may go to. */
export function fileEffect(
  tools: readonly string[],
  files: readonly ShellWord[],
  cwds: readonly string[],
  ground: Ground,
  {
    needsAllowing = false,
    whole = false,
    meantByName = true,
    isGuess = false,
  }: {
    readonly needsAllowing?: boolean;
    readonly whole?: boolean;
    readonly meantByName?: boolean;
    readonly isGuess?: boolean;
  } = {},
): SideEffect {
  // Asking the disk is the slow part, and most calls meet no rule about files.
  let known: readonly string[] | undefined;
  const places = (): readonly string[] => {
    known ??= [...new Set(files.flatMap((file) => cwds.flatMap((base) => ground.placesOfWord(file, base))))];
    return known;
  };
  let joined: string | undefined;
  /** Nearly every rule means none of the places, and all of them are passed over at one look. */
  const areNamed = (telltale: string): boolean => {
    joined ??= places().join('\n');
    return joined.includes(telltale);
  };
  let unknown: readonly DoubtfulFile[] | undefined;
  const doubts = (): readonly DoubtfulFile[] => {
    unknown ??= files.flatMap((file) =>
      cwds.flatMap((base) => {
        const steps = goesThroughProcess(file, ground.placesOf(file.text, base))
          ? ANY_FILE
          : doubtful(file, base, ground);
        return steps === null ? [] : [steps];
      }),
    );
    return unknown;
  };
  return {
    tools,
    meantByName,
    isGuess,
    needsAllowing,
    places,
    // Asked of each of a thousand rules: what it made on the way would keep the collector busy.
    restricts({ path, mayMean }, alsoPerhaps) {
      if (areNamed(path.telltale))
        for (const place of places()) if (path.matches(place, ground, true)) return 'yes';
      if (whole) for (const place of places()) if (path.standsBelow(place, ground)) return 'yes';
      if (alsoPerhaps) for (const file of doubts()) if (mayMean(file, ground)) return 'maybe';
      return 'no';
    },
    // What is not known before it runs may be any file.
    allows: ({ path }) =>
      !files.some(isOpen) &&
      !doubts().includes(ANY_FILE) &&
      places().every((place) => path.matches(place, ground, false)),
  };
}

/**
 * Where relative files may be meant from: every folder that the text goes to, one after another. `known` is false when
 * it may go to others too.
 */
export function foldersFrom(
  { cwd, placesOfWord }: Ground,
  folders: readonly ShellWord[],
): { readonly cwds: readonly string[]; readonly known: boolean } {
  const all = new Set([cwd]);
  let known = true;
  for (const folder of folders) {
    const { text, mask } = folder;
    if (mask.includes(HOLE) || /^(?:\+|~[^/])/.test(text)) known = false;
    // It may be any folder, and more of them say no more.
    if (mask.startsWith(HOLE)) continue;
    for (const base of [...all]) for (const place of placesOfWord(folder, base)) all.add(place);
    if (all.size > MOST_FOLDERS) return { cwds: [...all], known: false };
  }
  return { cwds: [...all], known };
}

/** A file that is named from a folder that nobody knows. */
function fromSomewhere(word: ShellWord): ShellWord {
  return /^[/~]/.test(word.text) ? word : { text: `$PWD/${word.text}`, mask: `${HOLE}/${word.mask}` };
}

/** What a shell text does to files. */
export function effectsOf(
  { reads, writes, changes, trees, fills, folders, opened, touches, spoken }: FoundCommands,
  ground: Ground,
): readonly SideEffect[] {
  const { cwds, known } = foldersFrom(ground, folders);
  const placed = (words: readonly ShellWord[]) => distinct(known ? words : words.map(fromSomewhere));
  const all = distinct([
    ...reads,
    ...writes,
    ...changes,
    ...trees,
    ...fills,
    ...opened,
    ...touches,
    ...spoken,
  ]);
  const isDeep = all.some(({ text }) => text.split('/').length > MOST_NAMES);
  if (isDeep || all.length * cwds.length > MOST_PLACES)
    throw new RangeError('The command names too many files.');
  const together = (
    tools: readonly string[],
    words: readonly ShellWord[],
    whole = false,
  ): readonly SideEffect[] => (words.length === 0 ? [] : [fileEffect(tools, words, cwds, ground, { whole })]);
  /** Of a word that is open nothing is known: each `$x` of any program would be asked about. */
  const guessed = (
    tools: readonly string[],
    words: readonly ShellWord[],
    isGuess: boolean,
  ): readonly SideEffect[] => {
    const known = distinct(words.filter((word) => !isOpen(word) || !holdsExpansion(word)));
    return known.length === 0
      ? []
      : [fileEffect(tools, known, cwds, ground, { meantByName: false, isGuess })];
  };
  return [
    ...together(READING, placed(reads)),
    ...together(READING, placed(trees), true),
    ...together(WRITING, placed(fills), true),
    ...together(WRITING, placed(changes)),
    ...guessed(
      READING,
      opened.filter(
        (word) => !isBare(word.text) || cwds.some((base) => existsSync(path.resolve(base, word.text))),
      ),
      false,
    ),
    ...guessed(READING, spoken, true),
    ...guessed(WRITING, [...touches, ...spoken], true),
    // Each file that is written may be allowed by another rule.
    ...placed(writes).map((word) => fileEffect(WRITING, [word], cwds, ground, { needsAllowing: true })),
  ];
}
