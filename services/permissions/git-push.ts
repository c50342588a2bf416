import path from 'node:path';
import { UNKNOWN_ACT } from './forge-calls.ts';
import { type Asked, branchName, type GatedAct, type GitCall, gitCall, isUnknown } from './git-call.ts';
import { currentBranch, defaultBranches } from './git-repository.ts';
import { globMatcher } from './glob.ts';
import { isLongOption } from './option-reader.ts';
import { HOLE, programOf, type ShellWord } from './shell-word.ts';

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
const PUSHES_ALL: readonly string[] = ['--all', '--branches', '--mirror', '--stdin'];
/** They begin like one of those, and are themselves. */
const OTHER_OPTIONS: readonly string[] = [
  '--follow-tags',
  '--atomic',
  '--progress',
  '--porcelain',
  '--push-option',
];

const isOption = (text: string, names: readonly string[]): boolean =>
  names.some((name) => isLongOption(text, name, OTHER_OPTIONS));
const pushesOver = (text: string): boolean =>
  text.startsWith('--') ? isOption(text, PUSHES_OVER) : /^-\w*[fd]/.test(text);

/** A substitution that prints the name of the branch that is checked out. */
const CURRENT_BRANCH =
  /^(?:\$\(|`)\s*git (?:branch --show-current|rev-parse --abbrev-ref HEAD|symbolic-ref --short HEAD)\s*[)`]$/;

/** What is known of a word before it runs. */
const plainly = ({ text, mask }: ShellWord): string => (mask.includes(HOLE) ? '' : text);

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

/** What a push does that a gate stands before. */
export function pushes({ args, folder, configured }: GitCall, asked: Asked): readonly GatedAct[] {
  // One word may be many: a variable without quotes, or what xargs adds.
  if (args.some((word) => (isUnknown(word) && !CURRENT_BRANCH.test(word.text)) || /\s/.test(plainly(word))))
    return [UNKNOWN_ACT];
  const { refspecs, over, all } = readPush(args);
  const { folders, branches, checkedOut } = asked;
  const known = asked.known && folder !== null;
  const where = folder == null ? folders : folders.map((base) => path.resolve(base, folder));
  // Where files are kept without regard to case, MAIN is main.
  const names = [...branches, ...where.flatMap(defaultBranches)].map((name) =>
    globMatcher(name.toLowerCase()),
  );
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
    (branch) =>
      branch === null || branch.includes('*') || names.some((matches) => matches(branch.toLowerCase())),
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

/** Which commits a command pushes: of which folders, and by which names. */
export interface Push {
  readonly folders: readonly string[];
  readonly refs: readonly string[];
}

/** What may be handed to git as the name of a commit. */
const REF = /^(?!-)[\w./@-]{1,200}$/;

/** What one simple command pushes; null where it pushes nothing. `folders`: where it may run. */
export function pushOf(words: readonly ShellWord[], folders: readonly string[]): Push | null {
  const program = programOf(words[0]);
  const call = program === 'git' || program === 'hub' ? gitCall(words) : null;
  if (call === null || !/^(?:push|send-pack)$/.test(call.subcommand.text)) return null;
  const { folder } = call;
  const sources = readPush(call.args)
    .refspecs.map(({ text }) => text.replace(/^\+/, '').split(':', 1)[0] ?? '')
    .filter((ref) => REF.test(ref));
  return {
    folders: folder == null ? folders : folders.map((base) => path.resolve(base, folder)),
    refs: ['HEAD', ...sources],
  };
}
