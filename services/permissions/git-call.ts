import type { GateName } from '../config/protect.ts';
import { HOLE, programOf, type ShellWord } from './shell-word.ts';

/** An act of a command that a gate stands before. */
export interface GatedAct {
  /** `any`: nobody knows what the command is, so it may be whatever a gate stands before. */
  readonly gate: GateName | 'any';
  /** As it is told to people. */
  readonly what: string;
  /** A merge that is made only when the checks of the pull request have passed. */
  readonly isChecked?: boolean;
}

export interface Asked {
  /** Where the command may run, unless it says otherwise. */
  readonly folders: readonly string[];
  /** False when it may run elsewhere, too. */
  readonly known: boolean;
  readonly branches: readonly string[];
  /** Branches that the same text may have checked out before; null for one that is not known. */
  readonly checkedOut: readonly (string | null)[];
}

/** Options of git before its subcommand that take a word (git(1)). */
const GLOBAL_WITH_VALUE: ReadonlySet<string> = new Set([
  '-C',
  '-c',
  '--git-dir',
  '--work-tree',
  '--namespace',
  '--super-prefix',
  '--config-env',
  '--exec-path',
  '--attr-source',
]);
/** Keys that, given for one command, change where it pushes or what it is. */
const REDIRECTS = /^(?:alias|remote|push|url|include|includeif|branch)\./i;
/** They change which branch is checked out. */
const MOVES_HEAD: ReadonlySet<string> = new Set([
  'checkout',
  'switch',
  'branch',
  'symbolic-ref',
  'worktree',
  'rebase',
  'bisect',
  'stash',
]);

export const isUnknown = ({ mask }: ShellWord): boolean => mask.includes(HOLE);

export const branchName = (ref: string): string => ref.replace(/^(?:refs\/)?heads\//, '');

export interface GitCall {
  readonly subcommand: ShellWord;
  readonly args: readonly ShellWord[];
  /** Of `-C`; null when it cannot be known. */
  readonly folder: string | null | undefined;
  /** `-c a=b` may turn any subcommand into another. */
  readonly configured: boolean;
}

const redirects = (value: ShellWord | undefined): boolean =>
  value === undefined || value.mask.startsWith(HOLE) || REDIRECTS.test(value.text);

export function gitCall(words: readonly ShellWord[]): GitCall | null {
  let folder: string | null | undefined;
  let configured = false;
  for (let at = 1; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return null;
    if (!word.text.startsWith('-')) {
      return { subcommand: word, args: words.slice(at + 1), folder, configured };
    }
    if (/^--git-dir|^--work-tree/.test(word.text)) folder = null;
    if (!GLOBAL_WITH_VALUE.has(word.text)) continue;
    at += 1;
    const value = words[at];
    if (word.text === '--config-env' || (word.text === '-c' && redirects(value))) configured = true;
    if (word.text === '-C') folder = value === undefined || isUnknown(value) ? null : value.text;
  }
  return null;
}

/** Branches that a command checks out, or makes the one that is checked out; null for one that is not known. */
export function branchesCheckedOut(words: readonly ShellWord[]): readonly (string | null)[] {
  const call = programOf(words[0]) === 'git' ? gitCall(words) : null;
  if (call === null || !MOVES_HEAD.has(call.subcommand.text)) return [];
  const end = call.args.findIndex(({ text }) => text === '--');
  return call.args
    .slice(0, end < 0 ? undefined : end)
    .filter(({ text }) => !text.startsWith('-') || text === '-')
    .map((word) => (isUnknown(word) || word.text === '-' ? null : branchName(word.text)));
}
