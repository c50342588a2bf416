import os from 'node:os';
import path from 'node:path';
import { mayMatch } from './glob.ts';
import { HOLE, type ShellWord } from './shell-word.ts';

/** A `**` of a pattern, or what a variable may stand for: any number of names. */
const ANY_DEPTH = Symbol('any depth');
type Step = string | typeof ANY_DEPTH;

/** gitignore's other wildcards, widened to a star. */
function patternSteps(pattern: string, cwd: string): readonly (readonly Step[])[] {
  const steps = (base: string, rest: string): readonly Step[] => [
    ...base.split('/').filter((name) => name !== ''),
    ...rest
      .split('/')
      .filter((name) => name !== '' && name !== '.')
      .map((name) => (name === '**' ? ANY_DEPTH : name.replace(/\[[^\]]*\]|\?/g, '*'))),
  ];
  if (pattern.startsWith('//')) return [steps('/', pattern)];
  if (pattern.startsWith('~/')) return [steps(os.homedir(), pattern.slice(2))];
  if (pattern.startsWith('/')) return [steps(cwd, pattern), steps('/', pattern)];
  if (pattern.slice(0, -1).includes('/')) return [steps(cwd, pattern)];
  return [[ANY_DEPTH, ...steps('', pattern)]];
}

/** A file as it may turn out: a glob of the shell stays within one name, an expansion may be a whole path. */
function fileSteps({ text, mask }: ShellWord, cwd: string): readonly Step[] {
  const home = mask.replace(/^~(?=$|\/)/, os.homedir());
  const absolute =
    home.startsWith('/') || home.startsWith(HOLE) || home.startsWith('~') ? home : `${cwd}/${home}`;
  const expands = /[$`]/.test(text);
  return absolute
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .map((name) => ((expands && name.includes(HOLE)) || name.startsWith('~') ? ANY_DEPTH : name));
}

/**
 * Whether one path can be meant by both. What a pattern names may be a folder, and then all below it is meant.
 * Goes back from the ends, since an agent chooses how long a path is.
 */
function canMeet(pattern: readonly Step[], file: readonly Step[]): boolean {
  /** Whether the rest of the pattern can mean the rest of the file, by where that begins; first of an empty pattern. */
  let rest: readonly boolean[] = Array.from({ length: file.length + 1 }, () => true);
  for (const wanted of pattern.toReversed()) {
    const here: boolean[] = [];
    here[file.length] = wanted === ANY_DEPTH && rest[file.length] === true;
    for (let at = file.length - 1; at >= 0; at--) {
      const name = file[at];
      const without = rest[at] === true;
      const later = here[at + 1] === true;
      if (wanted === ANY_DEPTH || name === ANY_DEPTH) here[at] = without || later;
      else here[at] = name !== undefined && mayMatch(wanted, name) && rest[at + 1] === true;
    }
    rest = here;
  }
  return rest[0] === true;
}

/** True when a file whose name is not wholly known may be one that a restricting pattern means. */
export function mayLieBelow(pattern: string, file: ShellWord, cwd: string): boolean {
  const open = file.mask.includes(HOLE) || /^~[^/]/.test(file.text);
  if (!open) return false;
  const steps = fileSteps(file, path.resolve(cwd));
  return patternSteps(pattern.replace(/^\.\//, './'), cwd).some((wanted) => canMeet(wanted, steps));
}
