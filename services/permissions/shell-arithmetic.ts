import type {
  ArithmeticCommand,
  ArithmeticCommandExpansion,
  ArithmeticExpansionPart,
  ArithmeticWord,
  Assignment,
  ParameterExpansionPart,
  Word,
  WordPart,
} from 'unbash';
import { printsNumber } from './shell-numbers.ts';
import { HOLE, programOf, type ShellWord } from './shell-word.ts';

/** Operators of `[[ … ]]` whose operands are arithmetic. */
const COMPARES_NUMBERS = /^-(?:eq|ne|lt|le|gt|ge)$/;
/** Builtins that read names of variables, with what stands in their subscripts. */
const NAMES_VARIABLES: ReadonlySet<string> = new Set(
  'unset read export declare typeset local readonly mapfile readarray getopts'.split(' '),
);
/** The option before a name, of builtins that read none elsewhere. */
const NAME_BEHIND: ReadonlyMap<string, RegExp> = new Map([
  ['test', /^-v$/],
  ['[', /^-v$/],
  ['printf', /^-v$/],
  ['wait', /^-\w*p$/],
]);
/** Options of `read` and `mapfile` whose values are no names. */
const OPTION_WITH_TEXT = /^-\w*[pdintuNcCOsS]$/;
/** What the shell itself gives any text to. `$_` is the last word of the command before. */
const GIVEN_ANY_TEXT =
  /^(?:[1-9]\d*|[@*_]|PWD|OLDPWD|REPLY|MAPFILE|OPTARG|DIRSTACK|FUNCNAME|BASH_(?:REMATCH|COMMAND|ARGV|EXECUTION_STRING|ALIASES|CMDS|SOURCE))$/;
/** Bash evaluates a value that is a name as far as this; far fewer are meant to be read. */
const MOST_NAMES = 500;

/** What is known of a text that the shell reads again. */
interface Reading {
  readonly names: readonly string[];
  /** False when it may hold a substitution. */
  readonly plain: boolean;
}

const ANYTHING: Reading = { names: [], plain: false };
/** A number, unless the text makes another program of the one that prints it. */
const BY_PROGRAM = 'by a program';
const PRINTED: Reading = { names: [BY_PROGRAM], plain: true };
const NO_TEXT: Reading = { names: [], plain: true };

const all = (readings: readonly Reading[]): Reading => ({
  names: readings.flatMap(({ names }) => names),
  plain: readings.every(({ plain }) => plain),
});

/** Names in a text as arithmetic has them: `i`, `$i`, `${i}`, `a[i]`. Numbers may have letters: `0x1f`, `16#ff`. */
function namesIn(text: string): readonly string[] {
  const named = text
    .replace(/\$\{#[^}]*\}|\$[#?$!-]/g, '0')
    .matchAll(/\$\{?[!#]?(\d+|[@*])|(?<![\w#])([A-Za-z_]\w*)/g);
  return [...named].map(([, special, name]) => special ?? name ?? '');
}

const readText = (text: string): Reading =>
  /[$`\\]/.test(text) ? ANYTHING : { names: namesIn(text), plain: true };

/** As it stands in the text, expansions included. */
function readSource(text: string): Reading {
  const left = text.replace(/\$\{[!#]?\w+(?:\[[@*\w]*\])?\}|\$(?:\w+|[@*#?$!-])|"/g, '');
  return /[$`\\']/.test(left) || /\$\{!/.test(text) ? ANYTHING : { names: namesIn(text), plain: true };
}

function readPart(part: WordPart | ArithmeticCommandExpansion): Reading {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return readText(part.value);
    case 'DoubleQuoted':
    case 'LocaleString':
      return all(part.parts.map(readPart));
    case 'CommandExpansion':
    case 'ArithmeticCommandExpansion':
      return printsNumber(part.script) ? PRINTED : ANYTHING;
    case 'ArithmeticExpansion':
      return NO_TEXT;
    case 'BraceExpansion':
      return readText(part.text);
    case 'SimpleExpansion':
      return readSource(part.text);
    case 'ParameterExpansion':
      if (part.prefix === '#') return NO_TEXT;
      // `${!x}` may be any variable, `${x@E}` reads escapes.
      if (part.prefix === '!' || part.operation?.type === 'Transform') return ANYTHING;
      return part.operation === undefined
        ? { names: [part.parameter], plain: true }
        : all([{ names: [part.parameter], plain: true }, readSource(part.text.slice(2, -1))]);
    default:
      return ANYTHING;
  }
}

const readWord = (word: Word): Reading =>
  word.parts === undefined ? readText(word.value) : all(word.parts.map(readPart));

/** Words of a builtin that are names of variables. */
function namedBy(program: string, args: readonly ShellWord[]): readonly ShellWord[] {
  const before = NAME_BEHIND.get(program);
  if (before !== undefined)
    return args.filter(({ text }, at) => before.test(args[at - 1]?.text ?? '') || /^-[vp]./.test(text));
  if (!NAMES_VARIABLES.has(program)) return [];
  const hasTexts = /^(?:read|mapfile|readarray)$/.test(program);
  return args.filter((_, at) => !hasTexts || !OPTION_WITH_TEXT.test(args[at - 1]?.text ?? ''));
}

/**
 * The variables of a shell text, as far as the shell reads them again: arithmetic, subscripts, `${!x}` and the names that
 * builtins are given evaluate a value, and run the substitutions in it. `x='a[$(rm f)]'; echo $((x))` removes f.
 */
export class Evaluations {
  readonly #values = new Map<string, Reading[]>();
  readonly #evaluated = new Set<string>();
  /** Their subscripts are texts. */
  readonly #associative = new Set<string>();
  /** Other names of variables: what is given to one is given to the other. */
  readonly #references = new Set<string>();
  #plain = true;

  /** From now on any program may be another one. */
  definesFunction(): void {
    this.#values.set(BY_PROGRAM, [ANYTHING]);
  }

  /** A variable gets a value; `null` is one that nobody knows. */
  gives(name: string, value: Word | null): void {
    const values = this.#values.get(name) ?? [];
    values.push(value === null ? ANYTHING : readWord(value));
    this.#values.set(name, values);
  }

  #reads({ names, plain }: Reading): void {
    for (const name of names) this.#evaluated.add(name);
    if (!plain) this.#plain = false;
  }

  assigns({ name, index, value }: Assignment): void {
    for (const word of value.type === 'Word' ? [value] : value.elements) this.gives(name, word);
    this.#subscript(name, index);
  }

  arithmetic(
    node: ArithmeticWord | ArithmeticCommandExpansion | ArithmeticExpansionPart | ArithmeticCommand,
  ): void {
    if (node.type === 'ArithmeticCommandExpansion') this.#reads(readPart(node));
    else if (node.type === 'ArithmeticWord')
      this.#reads(node.parts === undefined ? readSource(node.value) : all(node.parts.map(readPart)));
    // What the parser could not take apart is read as it stands.
    else if (node.expression === undefined)
      this.#reads(
        readSource(node.type === 'ArithmeticCommand' ? node.body : node.text.replace(/^\$\(\(|^\$\[/, '')),
      );
  }

  /** `${!x}`, `${a[i]}` and `${x:i:n}` evaluate names. */
  expansion({ parameter, prefix, index, operation }: ParameterExpansionPart): void {
    this.#subscript(parameter, index);
    const isOfKeys = operation?.type === 'Names' || /^[@*]$/.test(index?.text ?? '');
    if (prefix === '!' && !isOfKeys) this.#evaluated.add(parameter);
    if (operation?.type !== 'Slice') return;
    this.#reads(readWord(operation.offset));
    if (operation.length !== undefined) this.#reads(readWord(operation.length));
  }

  #subscript(name: string, index: Word | undefined): void {
    if (index === undefined || /^[@*]$/.test(index.text) || this.#associative.has(name)) return;
    this.#reads(readWord(index));
  }

  tested(operator: string, operands: readonly Word[]): void {
    if (COMPARES_NUMBERS.test(operator)) for (const word of operands) this.#reads(readWord(word));
    if (operator !== '-v' && operator !== '-R') return;
    for (const word of operands) if (word.parts !== undefined) this.#reads(readWord(word));
  }

  /** Builtins that evaluate their words, or say what a variable is. */
  command(words: readonly ShellWord[]): void {
    const program = programOf(words[0]);
    const args = words.slice(1);
    if (program === 'let') for (const { text } of args) this.#reads(readSource(text));
    if (/^(?:declare|typeset|local)$/.test(program)) this.#declares(args);
    for (const { text, mask } of namedBy(program, args)) {
      const end = mask.indexOf('=');
      if ((end < 0 ? mask : mask.slice(0, end)).includes(HOLE)) this.#reads(readSource(text));
    }
  }

  #declares(args: readonly ShellWord[]): void {
    const letters = args.flatMap(({ text }) => (/^-\w+$/.test(text) ? [...text.slice(1)] : []));
    const names = args.flatMap(({ text }) => /^([A-Za-z_]\w*)/.exec(text)?.[1] ?? []);
    if (letters.includes('n')) for (const name of names) this.#references.add(name);
    if (letters.includes('A')) for (const name of names) this.#associative.add(name);
    if (letters.includes('i')) for (const name of names) this.#evaluated.add(name);
  }

  /** False when something that is read again may hold a command. */
  arePlain(): boolean {
    const evaluated = new Set(this.#evaluated);
    if (this.#references.size > 0 && evaluated.size > 0)
      for (const name of this.#values.keys()) evaluated.add(name);
    // A value that is a name is evaluated in its turn; the set grows while it is walked.
    for (const name of evaluated) {
      const values = this.#values.get(name) ?? (GIVEN_ANY_TEXT.test(name) ? [ANYTHING] : []);
      if (evaluated.size > MOST_NAMES || values.some(({ plain }) => !plain)) return false;
      for (const { names } of values) for (const more of names) evaluated.add(more);
    }
    return this.#plain;
  }
}
