import { type Asked, type GatedAct, type GitCall, gitCall, isUnknown } from './git-call.ts';
import { configures } from './git-config-call.ts';
import { pushes } from './git-push.ts';
import { aliasOf } from './git-repository.ts';
import { plainWord, programOf, type ShellWord } from './shell-word.ts';

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
