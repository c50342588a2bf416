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

/** Whether one path can be meant by both. What a pattern names may be a folder, and then all below it is meant. */
function canMeet(pattern: readonly Step[], file: readonly Step[]): boolean {
  const [wanted, ...morePattern] = pattern;
  const [name, ...moreFile] = file;
  if (wanted === undefined) return true;
  if (name === undefined) return pattern.every((step) => step === ANY_DEPTH);
  if (wanted === ANY_DEPTH) return canMeet(morePattern, file) || canMeet(pattern, moreFile);
  if (name === ANY_DEPTH) return canMeet(pattern, moreFile) || canMeet(morePattern, file);
  return mayMatch(wanted, name) && canMeet(morePattern, moreFile);
}

/** True when a file whose name is not wholly known may be one that a restricting pattern means. */
export function mayLieBelow(pattern: string, file: ShellWord, cwd: string): boolean {
  const open = file.mask.includes(HOLE) || /^~[^/]/.test(file.text);
  if (!open) return false;
  const steps = fileSteps(file, path.resolve(cwd));
  return patternSteps(pattern.replace(/^\.\//, './'), cwd).some((wanted) => canMeet(wanted, steps));
}
