import { type GatedAct, isUnknown } from './git-call.ts';
import { programOf, type ShellWord } from './shell-word.ts';

/** Nobody knows what it does, so it may be this. */
export const UNKNOWN_ACT: GatedAct = { gate: 'any', what: 'a command that is not known before it runs' };

interface Forge {
  /** Commands of its own (2.83 of gh, 1.60 of glab, 0.10 of tea); another word is an alias, which can be anything. */
  readonly verbs: ReadonlySet<string>;
  /** Merges, or changes what a branch is protected by. */
  readonly merges: RegExp;
  /** Options before or between the verbs that take a word. */
  readonly withValue: ReadonlySet<string>;
}

const names = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));
const REPOSITORY = names('-R --repo --hostname -l --login -r --remote');

const FORGES: ReadonlyMap<string, Forge> = new Map([
  [
    'gh',
    {
      verbs: names(
        `agent-task alias api attestation auth browse cache co codespace completion config copilot cs extension ext extensions gist
         gpg-key help issue label licenses org pr preview project release repo rs ruleset run search secret skill ssh-key
         status variable version workflow --version --help`,
      ),
      merges: /^(?:pr merge|ruleset|rs)\b/,
      withValue: REPOSITORY,
    },
  ],
  [
    'glab',
    {
      verbs: names(
        `alias api auth changelog check-update ci pipe pipeline cluster completion config deploy-key duo gpg-key help incident
         issue iteration job label milestone mr merge-request opentofu release repo project runner schedule securefile
         snippet ssh-key stack token user variable version --version --help`,
      ),
      merges: /^(?:mr|merge-request) (?:merge|accept)\b/,
      withValue: REPOSITORY,
    },
  ],
  [
    'tea',
    {
      verbs: names(
        `login logins logout whoami issue issues i pull pulls pr label labels milestone milestones ms release releases rm time
         times t organization organizations org repo repos branch branches b actions action comment c open o notification
         notifications n clone C admin a help h --version --help`,
      ),
      merges: /^(?:pr|pulls?) (?:merge|m)\b/,
      withValue: REPOSITORY,
    },
  ],
  // Whatever it does not know itself it hands on to git.
  ['hub', { verbs: names('api pr'), merges: /^pr merge\b/, withValue: names('-C -c') }],
]);
/** Words by which a call of an API changes something. */
const SENDS = /^(?:-[XfF]|--(?:method|field|raw-field|input|form)(?:=|$))/;

/** The words without options that stand before or between the verbs; what comes behind them stays. */
function withoutOptions(words: readonly ShellWord[], { withValue }: Forge): readonly ShellWord[] {
  const rest: ShellWord[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    if (rest.length >= 2 || !/^-./.test(word.text) || /^--(?:version|help)$/.test(word.text)) rest.push(word);
    else if (withValue.has(word.text)) at += 1;
  }
  return rest;
}

/** A call of a forge's API, when it does not plainly look: a literal address, no fields, no other method. */
function callsApi(program: string, args: readonly ShellWord[]): readonly GatedAct[] {
  const sends = args.filter(({ text }) => SENDS.test(text));
  const isGet = args.some(
    ({ text }, at) =>
      /^(?:-X=?GET|--method=GET)$/i.test(text) ||
      (/^(?:-X|--method)$/.test(text) && /^GET$/i.test(args[at + 1]?.text ?? '')),
  );
  const isQuery =
    args.some(({ text }) => text === 'graphql') &&
    sends.length > 0 &&
    args.every((word) => !isUnknown(word) && !/mutation|=@/i.test(word.text)) &&
    sends.every(({ text }) => /^-[fF]|^--(?:raw-)?field/.test(text));
  if (isQuery) return [];
  if (args.some(isUnknown)) return [UNKNOWN_ACT];
  return sends.length === 0 || (isGet && !sends.some(({ text }) => /^--input/.test(text)))
    ? []
    : [{ gate: 'merge', what: `${program} api changes something on the forge` }];
}

/** What a program of a forge does that a gate stands before; null for another program. */
export function forgeActs(words: readonly ShellWord[]): readonly GatedAct[] | null {
  const program = programOf(words[0]);
  const forge = FORGES.get(program);
  if (forge === undefined) return null;
  const [verb, ...rest] = withoutOptions(words.slice(1), forge);
  if (program === 'hub' && !forge.verbs.has(verb?.text ?? '')) return null;
  if (verb === undefined) return words.slice(1).some(isUnknown) ? [UNKNOWN_ACT] : [];
  if (isUnknown(verb) || (rest[0] !== undefined && isUnknown(rest[0]) && verb.text !== 'api'))
    return [UNKNOWN_ACT];
  if (/\s/.test(verb.text) || !forge.verbs.has(verb.text)) return [UNKNOWN_ACT];
  if (verb.text === 'api') return callsApi(program, words.slice(words.indexOf(verb) + 1));
  if (verb.text === 'alias' && rest[0] !== undefined && /^(?:set|import)$/.test(rest[0].text))
    return [{ gate: 'gitConfig', what: `${program} alias makes another command of one` }];
  const said = [verb, ...rest].map(({ text }) => text).join(' ');
  const isLooking = /^(?:ruleset|rs) (?:check|list|ls|view)\b|^(?:ruleset|rs)$/.test(said);
  return forge.merges.test(said) && !isLooking ? [{ gate: 'merge', what: `${program} merges` }] : [];
}
