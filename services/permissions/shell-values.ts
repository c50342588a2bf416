import os from 'node:os';
import { HOLE, plainWord, type ShellWord } from './shell-word.ts';

/** A word that stands for more than these is left as it is. */
const MOST_ALTERNATIVES = 64;
/** For each the text is looked through; the values of further variables stay open. */
const MOST_LOOKS = 64;
/** The shell itself gives these values. */
const SPECIAL =
  /^(?:_|\d+|PWD|OLDPWD|REPLY|MAPFILE|OPTARG|OPTIND|RANDOM|SECONDS|LINENO|EPOCH\w*|BASH\w*|DIRSTACK|PIPESTATUS|COPROC|HOME|IFS)$/;
/** `$x`, `${x}`, `${x[1]}`, `$@`. Behind `$x:` and `$x[` zsh goes on reading. */
const VARIABLE = /\$(?:([A-Za-z_]\w*)(?![:[])|(\d|[@*])|\{(?:(\w+)(?:\[[^\]]*\])?|[@*])\})/y;
/** They stay what they are. */
const GLOB = /[*?]|\[[^\]]*\]/y;

/** Unquoted, a value with blanks becomes several words. */
export function split(word: ShellWord): readonly ShellWord[] {
  const [texts, masks] = [word.text.trim().split(/\s+/), word.mask.trim().split(/\s+/)];
  return texts.length < 2 || texts.length !== masks.length
    ? []
    : texts.map((text, at) => ({ text, mask: masks[at] ?? HOLE }));
}

const isVariable = ({ text, mask }: ShellWord): boolean => mask.includes(HOLE) && text.includes('$');

/** What the variables of one shell text stand for, as far as the text itself says so. */
export class Values {
  readonly #text: string;
  readonly #given = new Map<string, ShellWord[]>();
  /** Those that have this value wherever they are read from now on. */
  readonly #only = new Map<string, readonly ShellWord[]>();

  #looks = 0;

  constructor(text: string) {
    this.#text = text;
    if (!/(?<![$\w{])HOME(?!\w)/.test(text)) this.#only.set('HOME', [plainWord(os.homedir())]);
  }

  /** @param always false when the text may go on without having given the value */
  gives(name: string, words: readonly ShellWord[], always: boolean): void {
    const given = this.#given.get(name) ?? [];
    given.push(...words);
    this.#given.set(name, given);
    this.#only.delete(name);
    if (!always || words.length === 0 || this.#looks >= MOST_LOOKS) return;
    this.#looks += 1;
    if (this.#isNamedOnce(name)) this.#only.set(name, words);
  }

  /** A variable gets a value that is not looked at; without a name it may be any. */
  forgets(name: string): void {
    if (/^\w+$/.test(name)) this.#only.delete(name);
    else this.#only.clear();
  }

  /** Whether nothing else can give the variable a value: its name stands nowhere else, not even behind an option. */
  #isNamedOnce(name: string): boolean {
    if (!/^\w+$/.test(name) || SPECIAL.test(name) || this.#text.includes('IFS')) return false;
    const bare = this.#text.match(new RegExp(`(?<![$\\w{])${name}(?!\\w)`, 'g')) ?? [];
    return bare.length === 1 && !new RegExp(`(?<!\\S)-\\w*${name}(?!\\w)`).test(this.#text);
  }

  /** The words that a word certainly is one of; null where that is not known. */
  only(word: ShellWord): readonly ShellWord[] | null {
    if (!isVariable(word)) return null;
    const words = filled(word, (name) => this.#only.get(name));
    return words === null ? null : [...words, ...words.flatMap(split)];
  }

  /** What a variable may make of the word in the place of a program: a program, and maybe some of its words. */
  commands(word: ShellWord): readonly (readonly ShellWord[])[] {
    const values = this.possible(word).filter(({ text }) => text !== '');
    if (word.mask !== HOLE) return values.map((value) => [value]);
    return values.map((value) => {
      const words = split(value);
      return words.length === 0 ? [value] : words;
    });
  }

  /** Words that a word may be, at some time of the text. */
  possible(word: ShellWord): readonly ShellWord[] {
    return isVariable(word) ? (filled(word, (name) => this.#given.get(name)) ?? []) : [];
  }
}

/** A word with every value of its variables; null when something else is open in it. */
function filled(
  { text, mask }: ShellWord,
  valuesOf: (name: string) => readonly ShellWord[] | undefined,
): readonly ShellWord[] | null {
  let words: readonly ShellWord[] = [{ text: '', mask: '' }];
  let at = 0;
  for (const letter of mask) {
    let pieces: readonly ShellWord[] = [{ text: letter, mask: letter }];
    if (letter === HOLE) {
      GLOB.lastIndex = VARIABLE.lastIndex = at;
      const [glob] = GLOB.exec(text) ?? [];
      const found = VARIABLE.exec(text);
      if (glob !== undefined) pieces = [{ text: glob, mask: HOLE }];
      else if (found === null) return null;
      else {
        const name = found[1] ?? found[3] ?? '@';
        const values = valuesOf(/^\d/.test(name) ? '@' : name);
        if (values === undefined || values.length === 0) return null;
        pieces = values;
      }
      at += (glob ?? found?.[0] ?? '').length;
    } else {
      if (!text.startsWith(letter, at)) return null;
      at += letter.length;
    }
    if (words.length * pieces.length > MOST_ALTERNATIVES) return null;
    words = words.flatMap((before) =>
      pieces.map((piece) => ({ text: before.text + piece.text, mask: before.mask + piece.mask })),
    );
  }
  return at === text.length ? words : null;
}
