import path from 'node:path';
import { mayMatch } from './glob.ts';
import type { Ground } from './ground.ts';
import { HOLE, type ShellWord } from './shell-word.ts';

/** A `**` of a pattern, or what a variable may stand for: any number of names. */
const ANY_DEPTH = Symbol('any depth');
type Step = string | typeof ANY_DEPTH;
/** The names of a path, one after another. */
export type DoubtfulFile = readonly Step[];

/** What may become more than one name: variables, substitutions, braces, and the longer globs of bash. */
const EXPANDS = /[$`{(\uFFFC]/;

/** What stands in a word where its mask is open; each begins where the expansion does. */
function opensIn({ text, mask }: ShellWord): readonly string[] {
  const [first = '', ...rest] = mask.split(HOLE);
  let at = first.length;
  return rest.map((literal, index) => {
    const isLast = index === rest.length - 1;
    const found = isLast ? text.length - literal.length : text.indexOf(literal, at + 1);
    const end = found < at ? text.length : found;
    const open = text.slice(at, end);
    at = end + literal.length;
    return open;
  });
}

const namesIn = (folder: string): readonly Step[] => folder.split('/').filter((name) => name !== '');

/** gitignore's other wildcards, widened to a star. */
const stepsIn = (pattern: string): readonly Step[] =>
  pattern
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .map((name) => (name === '**' ? ANY_DEPTH : name.replace(/\[[^\]]*\]|\?/g, '*')));

interface Wanted {
  /** Folders that the pattern may begin at. */
  readonly from: (ground: Ground) => readonly string[];
  readonly steps: readonly Step[];
  /** It may begin at the root as well. */
  readonly alsoFromRoot: boolean;
}

const AT_ROOT = ['/'];

/** What a pattern may mean. */
function wantedBy(pattern: string): Wanted {
  const atHome = ({ basesOf, home }: Ground) => basesOf(home);
  const here = ({ basesOf, cwd }: Ground) => basesOf(cwd);
  if (pattern.startsWith('~/'))
    return { from: atHome, steps: stepsIn(pattern.slice(2)), alsoFromRoot: false };
  const steps = stepsIn(pattern);
  if (pattern.startsWith('//')) return { from: () => AT_ROOT, steps, alsoFromRoot: false };
  if (pattern.startsWith('/')) return { from: here, steps, alsoFromRoot: true };
  if (pattern.slice(0, -1).includes('/')) return { from: here, steps, alsoFromRoot: false };
  return { from: () => AT_ROOT, steps: [ANY_DEPTH, ...steps], alsoFromRoot: false };
}

/** A file as it may turn out: a glob of the shell stays within one name, an expansion may be a whole path. */
function fileSteps(word: ShellWord, cwd: string, homeFolder: string): readonly Step[] {
  const { mask } = word;
  const home = mask.replace(/^~(?=$|\/)/, homeFolder);
  const absolute =
    home.startsWith('/') || home.startsWith(HOLE) || home.startsWith('~') ? home : `${cwd}/${home}`;
  const expands = opensIn(word).some((open) => EXPANDS.test(open));
  return absolute
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .map((name) => ((expands && name.includes(HOLE)) || name.startsWith('~') ? ANY_DEPTH : name));
}

/**
 * Whether one path can be meant by both, whose names are the same up to `common`. What a pattern names may be a folder,
 * and then all below it is meant. Goes back from the ends, since an agent chooses how long a path is.
 */
function canMeet(pattern: readonly Step[], file: readonly Step[], common: number): boolean {
  /** Whether the rest of the pattern can mean the rest of the file, by where that begins; first of an empty pattern. */
  let rest = new Uint8Array(file.length + 1).fill(1);
  let here = new Uint8Array(file.length + 1);
  for (let step = pattern.length - 1; step >= common; step--) {
    const wanted = pattern[step];
    here[file.length] = wanted === ANY_DEPTH ? (rest[file.length] ?? 0) : 0;
    for (let at = file.length - 1; at >= common; at--) {
      const name = file[at];
      const fits =
        typeof wanted !== 'string' || typeof name !== 'string'
          ? rest[at] === 1 || here[at + 1] === 1
          : rest[at + 1] === 1 && mayMatch(wanted, name);
      here[at] = fits ? 1 : 0;
    }
    [rest, here] = [here, rest];
  }
  return rest[common] === 1;
}

/** How many names both know at their beginnings, and have in common; null where they part there. Most rules mean another folder. */
function commonNames(pattern: readonly Step[], file: readonly Step[]): number | null {
  for (let at = 0; at < pattern.length; at++) {
    const wanted = pattern[at];
    const name = file[at];
    if (typeof wanted !== 'string' || typeof name !== 'string') return at;
    if (/[*\\]/.test(wanted) || name.includes(HOLE)) return at;
    if (wanted !== name) return null;
  }
  return pattern.length;
}

/** True of a name that the shell completes: by an expansion, a glob, or a tilde that is not the home. */
export const isOpen = ({ text, mask }: ShellWord): boolean => mask.includes(HOLE) || /^~[^/]/.test(text);

/** True of a name with an expansion in it, which a glob of the shell is not. */
export const holdsExpansion = (word: ShellWord): boolean =>
  /^~[^/]/.test(word.text) || opensIn(word).some((open) => EXPANDS.test(open));

/** It may be any file at all. */
export const ANY_FILE: DoubtfulFile = [ANY_DEPTH];

/** What the kernel keeps of a process leads to that one's folders and files, and the daemon is another process. */
const OF_PROCESS = /^\/proc\/[^/]+\/(?:task\/[^/]+\/)?(?:(?:cwd|root)(?:\/|$)|fd\/[^/]+\/)/;
const OF_ITSELF = /(?:^|\/)(?:thread-)?self\/+(?:.*\/)?(?:cwd|root)(?:\/|$)|(?:^|\/)fd\/+[^/]+\//;

/** @param places where the file is, as the daemon sees it */
export const goesThroughProcess = ({ text }: ShellWord, places: readonly string[]): boolean =>
  OF_ITSELF.test(text) || places.some((place) => OF_PROCESS.test(place));

/** A file whose name is not wholly known, as it is compared with patterns; null for one that is known. */
export function doubtful(file: ShellWord, cwd: string, { home }: Ground): DoubtfulFile | null {
  return isOpen(file) ? fileSteps(file, path.resolve(cwd), home) : null;
}

const areSame = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((one, at) => one === b[at]));

/** Tells whether a file whose name is not wholly known may be one that a restricting pattern means. */
export function mayMean(pattern: string): (file: DoubtfulFile, ground: Ground) => boolean {
  const { from, steps, alsoFromRoot } = wantedBy(pattern);
  let last: { readonly folders: readonly string[]; readonly paths: readonly (readonly Step[])[] } | undefined;
  return (file, ground) => {
    if (file === ANY_FILE) return true;
    const folders = from(ground);
    // The same from call to call, as long as the agent works in the same folder.
    if (last === undefined || !areSame(last.folders, folders)) {
      const paths = folders.map((folder) => [...namesIn(folder), ...steps]);
      last = { folders, paths: alsoFromRoot ? [...paths, steps] : paths };
    }
    for (const wanted of last.paths) {
      const common = commonNames(wanted, file);
      if (common !== null && canMeet(wanted, file, common)) return true;
    }
    return false;
  };
}
