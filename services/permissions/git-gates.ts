import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { GateName } from '../config/protect.ts';
import { globMatcher } from './glob.ts';

import { HOLE, plainWord, programOf, type ShellWord } from './shell-word.ts';

/** An act of a command that a gate stands before. */
export interface GatedAct {
  readonly gate: GateName;
  /** As it is told to people. */
  readonly what: string;
}

interface Asked {
  /** Where the command may run, unless it says otherwise; none when that is not known. */
  readonly folders: readonly string[];
  readonly branches: readonly string[];
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
/** Options of git-push(1) that take a word. */
const PUSH_WITH_VALUE: ReadonlySet<string> = new Set([
  '-o',
  '--push-option',
  '--repo',
  '--receive-pack',
  '--exec',
]);
const PUSHES_OVER =
  /^(?:--f(?:o(?:r(?:c(?:e(?:-.*)?)?)?)?)?|--mi\w*|--del\w*|--pru\w*|-[a-zA-Z]*[fd][a-zA-Z]*)$/;
/** `git config --get x`, `git config x`: nothing is written. */
const ONLY_READS_CONFIG =
  /^(?:--get.*|--list|-l|list|get|--show-origin|--show-scope|--name-only|--type=.*|--help|-h)$/;
/** Programs that can do what a gate stands before. */
const GATED_PROGRAM = /^(?:git|git-push|gh|glab|hub|tea)$/;
/** Programs of forges that merge requests. */
const FORGES: ReadonlyMap<string, RegExp> = new Map([
  ['gh', /^(?:pr merge|api\b.*(?:\/merge\b|mergePullRequest|branches\/[^ ]*\/protection|\/rulesets))/],
  ['glab', /^(?:mr (?:merge|accept)|api\b.*\/merge\b)/],
  ['hub', /^(?:merge|pr merge|api\b.*\/merge\b)/],
  ['tea', /^(?:pr|pulls?) (?:merge|m)\b/],
]);

const texts = (words: readonly ShellWord[]): readonly string[] => words.map(({ text }) => text);
const isUnknown = ({ mask }: ShellWord): boolean => mask.includes(HOLE);

interface GitCall {
  readonly subcommand: ShellWord;
  readonly args: readonly ShellWord[];
  /** Of `-C`; null when it cannot be known. */
  readonly folder: string | null | undefined;
  /** `-c a=b` may turn any subcommand into another. */
  readonly configured: boolean;
}

function gitCall(words: readonly ShellWord[]): GitCall | null {
  let folder: string | null | undefined;
  let configured = false;
  for (let at = 1; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return null;
    if (!word.text.startsWith('-')) {
      return { subcommand: word, args: words.slice(at + 1), folder, configured };
    }
    configured ||= /^(?:-c|--config-env)/.test(word.text);
    if (/^--git-dir|^--work-tree/.test(word.text)) folder = null;
    if (!GLOBAL_WITH_VALUE.has(word.text)) continue;
    at += 1;
    const value = words[at];
    if (word.text === '-C') folder = value === undefined || isUnknown(value) ? null : value.text;
  }
  return null;
}

/** The folder of git's own files: of the repository itself, or of one of its worktrees. */
function gitFolder(folder: string): string | null {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = path.join(at, '.git');
    if (existsSync(found)) {
      if (statSync(found).isDirectory()) return found;
      const [, elsewhere] = /^gitdir: (.*)$/m.exec(readFileSync(found, 'utf8')) ?? [];
      return elsewhere === undefined ? null : path.resolve(at, elsewhere.trim());
    }
    if (at === path.dirname(at)) return null;
  }
}

const branchOf = (head: string): string | null =>
  /^ref: refs\/(?:heads|remotes\/[^/]+)\/(.+)$/m.exec(head)?.[1]?.trim() ?? null;

/** The branch that is checked out in a folder; null when that cannot be told. */
function currentBranch(folder: string): string | null {
  try {
    const git = gitFolder(folder);
    return git === null ? null : branchOf(readFileSync(path.join(git, 'HEAD'), 'utf8'));
  } catch {
    return null;
  }
}

/** The default branches of the remotes, as far as git has noted them. */
function defaultBranches(folder: string): readonly string[] {
  try {
    const git = gitFolder(folder);
    if (git === null) return [];
    const shared = path.join(git, 'commondir');
    const common = existsSync(shared) ? path.resolve(git, readFileSync(shared, 'utf8').trim()) : git;
    const remotes = path.join(common, 'refs', 'remotes');
    return readdirSync(remotes).flatMap((remote) => {
      const head = path.join(remotes, remote, 'HEAD');
      const branch = existsSync(head) ? branchOf(readFileSync(head, 'utf8')) : null;
      return branch === null ? [] : [branch];
    });
  } catch {
    return [];
  }
}

/** Where a refspec goes: `main`, `HEAD:main`, `+work:refs/heads/main`. Null for the branch that is checked out. */
function destinationOf(refspec: string): string | null {
  const plain = refspec.replace(/^\+/, '');
  const colon = plain.indexOf(':');
  const destination = (colon < 0 ? plain : plain.slice(colon + 1)).replace(/^refs\/heads\//, '');
  return destination === 'HEAD' || destination === '@' ? null : destination;
}

function pushes({ args, folder, configured }: GitCall, { folders, branches }: Asked): readonly GatedAct[] {
  const words: ShellWord[] = [];
  let all = false;
  let over = false;
  let plain = false;
  for (let at = 0; at < args.length; at++) {
    const word = args[at];
    if (word === undefined) break;
    if (!plain && word.text === '--') plain = true;
    else if (!plain && word.text.startsWith('-')) {
      over ||= PUSHES_OVER.test(word.text);
      all ||= /^--(?:all|branches|mirror)$/.test(word.text);
      if (PUSH_WITH_VALUE.has(word.text)) at += 1;
    } else words.push(word);
  }
  const [, ...refspecs] = words;
  over ||= refspecs.some(({ text }) => text.startsWith('+') || /^:[^:]/.test(text));
  const unknown =
    folder === null ||
    folders.length === 0 ||
    configured ||
    args.some(({ text }) => text.startsWith('--repo')) ||
    [...words.slice(1), ...args].some(isUnknown);
  const where = folder == null ? folders : folders.map((base) => path.resolve(base, folder));
  const protectedNames = [...branches, ...where.flatMap(defaultBranches)].map((glob) => ({
    glob,
    matches: globMatcher(glob),
  }));
  const destinations = refspecs.length === 0 ? [null] : texts(refspecs).map(destinationOf);
  const meant = destinations.flatMap((destination) =>
    destination === null ? where.map(currentBranch) : [destination],
  );
  const hit = meant.find(
    (branch) =>
      branch === null || branch.includes('*') || protectedNames.some(({ matches }) => matches(branch)),
  );
  const acts: GatedAct[] = [];
  if (over) acts.push({ gate: 'forcePush', what: 'a push over what the remote has' });
  if (all || unknown) acts.push({ gate: 'pushProtected', what: 'a push that may reach a protected branch' });
  else if (hit !== undefined) {
    const what = hit === null ? 'a push of a branch that is not known' : `a push to ${hit}`;
    acts.push({ gate: 'pushProtected', what });
  }
  return acts;
}

function configures({ subcommand, args }: GitCall): boolean {
  const words = texts(args);
  if (subcommand.text === 'remote') return words[0] === 'set-url';
  if (subcommand.text !== 'config') return false;
  if (words.some((word) => ONLY_READS_CONFIG.test(word))) return false;
  // One name alone is asked for; two words are a name and its new value.
  return (
    words.filter((word) => !word.startsWith('-')).length > 1 ||
    words.some((word) => /^--(?:unset|add|replace|rename|remove|edit)|^-e$/.test(word))
  );
}

/** Nobody knows what it does, so it may be this. */
export const UNKNOWN_ACT: GatedAct = {
  gate: 'pushProtected',
  what: 'a command that is not known before it runs',
};

function gitActs(call: GitCall, asked: Asked): readonly GatedAct[] {
  const { text } = call.subcommand;
  if (isUnknown(call.subcommand)) return [UNKNOWN_ACT];
  if (text === 'push' || text === 'send-pack') return pushes(call, asked);
  return configures(call) ? [{ gate: 'gitConfig', what: `git ${text} changes its configuration` }] : [];
}

/** True of a command whose acts have to be looked at. */
export const mayBeGated = ([program]: readonly ShellWord[]): boolean =>
  program !== undefined && (isUnknown(program) || GATED_PROGRAM.test(programOf(program)));

/** What one simple command does to what a team shares. Best effort: a program that pushes by itself is not seen. */
export function gatedActs(words: readonly ShellWord[], asked: Asked): readonly GatedAct[] {
  const [first] = words;
  if (first === undefined || isUnknown(first)) return [UNKNOWN_ACT];
  const program = programOf(first);
  const forge = FORGES.get(program);
  if (forge !== undefined) {
    const said = texts(words.slice(1))
      .join(' ')
      .replace(/(?:^|\s)(?:-R|--repo|--hostname)[= ]\S+/g, '')
      .trim();
    return forge.test(said) ? [{ gate: 'merge', what: `${program} merges` }] : [];
  }
  if (program === 'git-push') {
    const subcommand = plainWord('push');
    return pushes({ subcommand, args: words.slice(1), folder: undefined, configured: false }, asked);
  }
  const call = program === 'git' ? gitCall(words) : null;
  return call === null ? [] : gitActs(call, asked);
}
