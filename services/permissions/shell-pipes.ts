import { HOLE, plainWord, programOf, type ShellWord } from './shell-word.ts';

/** What a program reads that another one has printed, as far as it is known. */
export interface Piped {
  /** A text, which a shell would run. */
  readonly text: ShellWord | null;
  /** One of the names in it, which xargs would hand on; null when it may be any. */
  readonly name: ShellWord | null;
  /** Words that were said or asked for: some of the names may be these. */
  readonly said: readonly ShellWord[];
}

export const NOTHING_PIPED: Piped = { text: null, name: null, said: [] };

/** A whole path, for all that is known: what is piped is filled in as the variable `_`. */
export const SOMETHING: ShellWord = { text: '$_', mask: HOLE };

const BELOW_HERE: ShellWord = { text: `./${SOMETHING.text}`, mask: `./${HOLE}` };

/** They print some of the lines that they read, as they are. */
const FILTERS: ReadonlySet<string> = new Set([
  'grep',
  'egrep',
  'head',
  'tail',
  'sort',
  'uniq',
  'tac',
  'shuf',
]);

const operandsOf = (words: readonly ShellWord[]): readonly ShellWord[] =>
  words.slice(1).filter(({ text }) => !text.startsWith('-'));

/** Named from here, and not away from here. */
const staysHere = ({ text, mask }: ShellWord): boolean =>
  !/^[/~$]|(?:^|\/)\.\.(?:\/|$)/.test(text) && !mask.startsWith(HOLE);

/** What find finds: something below the folder that it starts from. */
export function foundBy(words: readonly ShellWord[]): ShellWord {
  if (programOf(words[0]) !== 'find') return SOMETHING;
  const options = words.slice(1).findIndex(({ text }) => /^[-(!]/.test(text));
  const [start = plainWord('.'), ...more] = words.slice(1, options < 0 ? undefined : options + 1);
  if (more.length > 0) return SOMETHING;
  return { text: `${start.text}/${SOMETHING.text}`, mask: `${start.mask}/${HOLE}` };
}

/** A name that a program prints when it lists files; null when it prints anything else. */
function listedBy(words: readonly ShellWord[], before: Piped): ShellWord | null {
  const program = programOf(words[0]);
  const texts = words.map(({ text }) => text);
  const here = operandsOf(words).every(staysHere);
  if (program === 'find') return foundBy(words);
  // It prints bare names, wherever it has looked.
  if (program === 'ls' && !texts.some((text) => /^-\w*d/.test(text))) return here ? BELOW_HERE : null;
  if (program === 'fd' || program === 'fdfind') return here ? BELOW_HERE : null;
  if (program === 'git' && (texts[1] === 'ls-files' || texts.includes('--name-only'))) return BELOW_HERE;
  if (/^(?:grep|egrep|rg)$/.test(program) && texts.some((text) => /^-\w*l|^--files/.test(text)))
    return here ? BELOW_HERE : null;
  const reads = program === 'grep' || program === 'egrep' ? 1 : 0;
  // A part of a name may be another name.
  const cuts = texts.some((text) => /^-\w*[oc]|^--(?:only|bytes)/.test(text));
  return FILTERS.has(program) && !cuts && operandsOf(words).length <= reads ? before.name : null;
}

/** What the program after this one in a pipe reads. */
export function pipedBy(words: readonly ShellWord[], before: Piped): Piped {
  if (!['echo', 'printf'].includes(programOf(words[0])))
    return { text: null, name: listedBy(words, before), said: [...before.said, ...operandsOf(words)] };
  const said = words.slice(1).filter(({ text }) => !/^-[neE]+$/.test(text));
  // Escapes and formats change what is printed, so it is never taken for the whole.
  return { text: { text: said.map(({ text }) => text).join(' '), mask: HOLE }, name: null, said };
}
