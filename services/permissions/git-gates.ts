import { forgeActs, UNKNOWN_ACT } from './forge-calls.ts';
import { type Asked, type GatedAct, type GitCall, gitCall, isUnknown } from './git-call.ts';
import { configures } from './git-config-call.ts';
import { pushes } from './git-push.ts';
import { aliasOf } from './git-repository.ts';
import { plainWord, programOf, type ShellWord } from './shell-word.ts';

/** Programs that can do what a gate stands before. */
const GATED_PROGRAM = /^(?:git|git-push|git-send-pack|git-http-push|gh|glab|hub|tea)$/;
/** Subcommands that push without git-push(1), with the word behind them that makes them do so. */
const PUSHES_OTHERWISE: ReadonlyMap<string, string | null> = new Map([
  ['http-push', null],
  ['subtree', 'push'],
  ['svn', 'dcommit'],
  ['p4', 'submit'],
  ['cvsexportcommit', null],
]);
/** What the words of a gated act cannot do without. */
const SPEAKS_OF_IT = /git|\bgh\b|\bglab\b|\bhub\b|\btea\b|push|merge/i;
/** An alias of an alias of an alias: git refuses one that leads back to itself. */
const MOST_ALIASES = 5;
const BUILT_IN: ReadonlySet<string> = new Set(
  `add am apply archive bisect blame branch cat-file check-ignore checkout cherry-pick clean clone commit config describe
   diff fetch for-each-ref format-patch fsck gc grep init log ls-files ls-remote ls-tree merge merge-base mv notes pull push
   range-diff rebase reflog remote reset restore rev-list rev-parse revert rm send-pack shortlog show show-ref stash status
   submodule switch symbolic-ref tag update-ref worktree`.split(/\s+/),
);
/** What git runs in place of a name that is none of its own; null when nothing is known of that name. */
function expanded(call: GitCall, { folders }: Asked): readonly ShellWord[] | 'program' | null {
  const { text } = call.subcommand;
  // Git ignores an alias that has the name of a command of its own, and these are what agents run all day.
  const alias = BUILT_IN.has(text) ? null : aliasOf(text, folders);
  if (alias === null) return null;
  if (alias.startsWith('!')) return SPEAKS_OF_IT.test(alias) ? 'program' : null;
  return [plainWord('git'), ...alias.split(/\s+/).map(plainWord), ...call.args];
}

function pushesOtherwise({ subcommand, args }: GitCall): boolean {
  const word = PUSHES_OTHERWISE.get(subcommand.text);
  return word === null || (word !== undefined && args.some((arg) => isUnknown(arg) || arg.text === word));
}

function gitActs(call: GitCall, asked: Asked, aliases = 0): readonly GatedAct[] {
  if (isUnknown(call.subcommand) || aliases > MOST_ALIASES) return [UNKNOWN_ACT];
  const words = expanded(call, asked);
  if (words === 'program') return [UNKNOWN_ACT];
  if (words !== null) {
    const meant = gitCall(words);
    if (meant === null) return [];
    const { folder, configured } = call;
    const inherited = { folder: meant.folder ?? folder, configured: meant.configured || configured };
    return gitActs({ ...meant, ...inherited }, asked, aliases + 1);
  }
  const { text } = call.subcommand;
  if (text === 'push' || text === 'send-pack') return pushes(call, asked);
  if (pushesOtherwise(call)) {
    return [{ gate: 'pushProtected', what: `git ${text} may push to a protected branch` }];
  }
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
  const onForge = forgeActs(words);
  if (onForge !== null) return onForge;
  if (/^git-(?:push|send-pack|http-push)$/.test(program)) {
    const subcommand = plainWord('push');
    return pushes({ subcommand, args: words.slice(1), folder: undefined, configured: false }, asked);
  }
  const call = program === 'git' || program === 'hub' ? gitCall(words) : null;
  return call === null ? [] : gitActs(call, asked);
}
