import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import os from 'node:os';
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
/** Options of git-push(1) that take a word. */
const PUSH_WITH_VALUE: ReadonlySet<string> = new Set([
  '-o',
  '--push-option',
  '--repo',
  '--receive-pack',
  '--exec',
]);
/** Long options may be cut short (gitcli(7)). */
const PUSHES_OVER: readonly string[] = ['--force', '--force-with-lease', '--mirror', '--delete', '--prune'];
const PUSHES_ALL: readonly string[] = ['--all', '--branches', '--mirror'];
/** They begin like one of those, and are themselves. */
const OTHER_OPTIONS: readonly string[] = [
  '--follow-tags',
  '--atomic',
  '--progress',
  '--porcelain',
  '--push-option',
];

function isOption(text: string, names: readonly string[]): boolean {
  const [name = ''] = text.split('=', 1);
  return name.length > 2 && !OTHER_OPTIONS.includes(name) && names.some((each) => each.startsWith(name));
}
const pushesOver = (text: string): boolean =>
  text.startsWith('--') ? isOption(text, PUSHES_OVER) : /^-[a-zA-Z]*[fd]/.test(text);

/** Options of git-config(1) that take a word. */
const CONFIG_WITH_VALUE: ReadonlySet<string> = new Set([
  '-f',
  '--file',
  '--blob',
  '--default',
  '--type',
  '--value',
  '--comment',
]);
const READS_CONFIG = /^(?:--get.*|--list|-l)$/;
const WRITES_CONFIG = /^(?:--unset.*|--add|--replace-all|--rename-section|--remove-section|--edit|-e)$/;
const CONFIG_VERBS: ReadonlyMap<string, boolean> = new Map([
  ['list', false],
  ['get', false],
  ['set', true],
  ['unset', true],
  ['edit', true],
  ['rename-section', true],
  ['remove-section', true],
]);
/** No configuration that people write is longer. */
const MOST_CONFIG_LINES = 5_000;
/** Keys that, given for one command, change where it pushes or what it is. */
const REDIRECTS = /^(?:alias|remote|push|url|include|includeif|branch)\./i;
/** They change which branch is checked out. */
const MOVES_HEAD: ReadonlySet<string> = new Set(['checkout', 'switch', 'branch', 'symbolic-ref', 'worktree']);
/** A substitution that prints the name of the branch that is checked out. */
const CURRENT_BRANCH =
  /^(?:\$\(|`)\s*git (?:branch --show-current|rev-parse --abbrev-ref HEAD|symbolic-ref --short HEAD)\s*[)`]$/;
/** Programs that can do what a gate stands before. */
const GATED_PROGRAM = /^(?:git|git-push|git-send-pack|gh|glab|hub|tea)$/;
/** What the words of a gated act cannot do without. */
const SPEAKS_OF_IT = /git|\bgh\b|\bglab\b|\bhub\b|\btea\b|push/i;
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

const redirects = (value: ShellWord | undefined): boolean =>
  value === undefined || value.mask.startsWith(HOLE) || REDIRECTS.test(value.text);

function gitCall(words: readonly ShellWord[]): GitCall | null {
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

/** The folder of git's files that all worktrees share; null outside a repository. */
function commonFolder(folder: string): string | null {
  try {
    const git = gitFolder(folder);
    if (git === null) return null;
    const shared = path.join(git, 'commondir');
    return existsSync(shared) ? path.resolve(git, readFileSync(shared, 'utf8').trim()) : git;
  } catch {
    return null;
  }
}

/** The default branches of the remotes, as far as git has noted them. */
function defaultBranches(folder: string): readonly string[] {
  try {
    const common = commonFolder(folder);
    if (common === null) return [];
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

const branchName = (ref: string): string => ref.replace(/^(?:refs\/)?heads\//, '');

/** Where a refspec goes: `main`, `HEAD:main`, `+work:refs/heads/main`. Null for the branch that is checked out. */
function destinationOf(refspec: string): string | null {
  const plain = refspec.replace(/^\+/, '');
  const colon = plain.indexOf(':');
  const destination = branchName(colon < 0 ? plain : plain.slice(colon + 1));
  return destination === 'HEAD' || destination === '@' ? null : destination;
}

interface PushWords {
  readonly refspecs: readonly ShellWord[];
  readonly over: boolean;
  readonly all: boolean;
}

function readPush(args: readonly ShellWord[]): PushWords {
  const words: ShellWord[] = [];
  let [all, over, plain] = [false, false, false];
  for (let at = 0; at < args.length; at++) {
    const word = args[at];
    if (word === undefined) break;
    if (!plain && word.text === '--') plain = true;
    else if (!plain && word.text.startsWith('-')) {
      over ||= pushesOver(word.text);
      // With --repo the first word is no remote, but a branch.
      all ||= isOption(word.text, PUSHES_ALL) || isOption(word.text, ['--repo']) || isUnknown(word);
      if (PUSH_WITH_VALUE.has(word.text)) at += 1;
    } else words.push(word);
  }
  const refspecs = words.slice(1);
  const matching = refspecs.some(({ text }) => text === ':' || text === '+:');
  const deletes = refspecs.some(({ text }) => text.startsWith('+') || /^:[^:]/.test(text));
  return { refspecs, all: all || matching, over: over || deletes };
}

function pushes({ args, folder, configured }: GitCall, asked: Asked): readonly GatedAct[] {
  const { refspecs, over, all } = readPush(args);
  const { folders, branches, checkedOut } = asked;
  const known = asked.known && folder !== null;
  const where = folder == null ? folders : folders.map((base) => path.resolve(base, folder));
  const names = [...branches, ...where.flatMap(defaultBranches)].map(globMatcher);
  const current = (): readonly (string | null)[] => [
    ...(known ? where.map(currentBranch) : [null]),
    ...checkedOut,
  ];
  const goesTo = (refspec: ShellWord): readonly (string | null)[] => {
    if (CURRENT_BRANCH.test(refspec.text)) return current();
    if (isUnknown(refspec)) return [null];
    const destination = destinationOf(refspec.text);
    return destination === null ? current() : [destination];
  };
  const meant = refspecs.length === 0 ? current() : refspecs.flatMap(goesTo);
  const hit = meant.find(
    (branch) => branch === null || branch.includes('*') || names.some((matches) => matches(branch)),
  );
  const acts: GatedAct[] = [];
  if (over) acts.push({ gate: 'forcePush', what: 'a push over what the remote has' });
  if (all || configured) {
    acts.push({ gate: 'pushProtected', what: 'a push that may reach a protected branch' });
  } else if (hit !== undefined) {
    const what = hit === null ? 'a push of a branch that is not known' : `a push to ${hit}`;
    acts.push({ gate: 'pushProtected', what });
  }
  return acts;
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

/** Whether `git config` writes: an action that says so, or a name with a value behind it. */
function writesConfig(args: readonly ShellWord[]): boolean {
  const positional: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at]?.text ?? '';
    if (CONFIG_WITH_VALUE.has(word)) at += 1;
    else if (WRITES_CONFIG.test(word)) return true;
    else if (READS_CONFIG.test(word) && positional.length === 0) return false;
    else if (!word.startsWith('-') || positional.length > 0) positional.push(word);
  }
  const verb = positional[0] === undefined ? undefined : CONFIG_VERBS.get(positional[0]);
  return verb ?? positional.length > 1;
}

function configures({ subcommand, args }: GitCall): boolean {
  if (subcommand.text === 'remote') return args[0]?.text === 'set-url';
  return subcommand.text === 'config' && writesConfig(args);
}

/** What an alias of the repository or the person stands for, as words; null when there is none of that name. */
function aliasOf(name: string, folders: readonly string[]): string | null {
  const files = [
    ...folders.map(commonFolder).flatMap((git) => (git === null ? [] : [path.join(git, 'config')])),
    path.join(os.homedir(), '.gitconfig'),
    path.join(os.homedir(), '.config', 'git', 'config'),
  ];
  for (const file of files) {
    try {
      const found = aliasesIn(readFileSync(file, 'utf8')).get(name.toLowerCase());
      if (found !== undefined) return found;
    } catch {
      // One that is not there has no aliases.
    }
  }
  return null;
}

function aliasesIn(config: string): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  let inside = false;
  for (const line of config.split('\n').slice(0, MOST_CONFIG_LINES)) {
    if (/^\s*\[/.test(line)) inside = /^\s*\[\s*alias\s*\]/i.test(line);
    const [, key, value] = /^\s*([A-Za-z][\w-]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (inside && key !== undefined && value !== undefined) aliases.set(key.toLowerCase(), value.trim());
  }
  return aliases;
}

/** Nobody knows what it does, so it may be this. */
export const UNKNOWN_ACT: GatedAct = {
  gate: 'pushProtected',
  what: 'a command that is not known before it runs',
};

function gitActs(call: GitCall, asked: Asked): readonly GatedAct[] {
  const { text } = call.subcommand;
  if (isUnknown(call.subcommand)) return [UNKNOWN_ACT];
  const alias = aliasOf(text, asked.folders)?.split(/\s+/) ?? null;
  if (alias?.[0]?.startsWith('!') === true) return SPEAKS_OF_IT.test(alias.join(' ')) ? [UNKNOWN_ACT] : [];
  if (alias?.[0] !== undefined && alias[0] !== text) {
    const [subcommand = text, ...first] = alias;
    const args = [...first.map(plainWord), ...call.args];
    return gitActs({ ...call, subcommand: plainWord(subcommand), args }, asked);
  }
  if (text === 'push' || text === 'send-pack') return pushes(call, asked);
  return configures(call) ? [{ gate: 'gitConfig', what: `git ${text} changes its configuration` }] : [];
}

/** True of a command whose acts have to be looked at. */
export const mayBeGated = ([program]: readonly ShellWord[], whole: string): boolean =>
  program !== undefined &&
  (isUnknown(program) ? SPEAKS_OF_IT.test(whole) : GATED_PROGRAM.test(programOf(program)));

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
  if (program === 'git-push' || program === 'git-send-pack') {
    const subcommand = plainWord('push');
    return pushes({ subcommand, args: words.slice(1), folder: undefined, configured: false }, asked);
  }
  const call = program === 'git' ? gitCall(words) : null;
  return call === null ? [] : gitActs(call, asked);
}
