import { SOMETHING } from './shell-pipes.ts';
import { HOLE, plainWord, type ShellWord } from './shell-word.ts';

/** What a program of awk does besides printing. */
export interface AwkProgram {
  /** Shell texts that it runs. */
  readonly commands: readonly ShellWord[];
  readonly reads: readonly ShellWord[];
  readonly writes: readonly ShellWord[];
  /** It runs what is not written out in it, or it could not be read. */
  readonly hidden: boolean;
  /** An expansion stands in it, which may hold more of a program. */
  readonly open: boolean;
}

interface Token {
  readonly type: 'string' | 'regex' | 'word' | 'number' | 'sign';
  readonly text: string;
}

const TOKENS =
  /(?<string>"(?:\\[\s\S]|[^"\\\n])*")|(?<word>[A-Za-z_]\w*)|(?<number>\d[\w.]*|\.\d\w*)|(?<sign>\|\||\|&|&&|>>|[-+*%^<>=!]=|\+\+|--|\S|\n)/y;
const BLANK = /(?:[ \t\r]|\\\n|#[^\n]*)*/y;
/** A bracket with a slash in it ends the expression in some versions only. */
const REGEX = /\/(?:\\.|(?=(\[\^?\]?))\1[^\]/\n]*\]|[^/\\[\n])*\//y;
/** Behind these a slash begins an expression; behind a value it divides. */
const BEFORE_REGEX =
  /^(?:[({[,;~!&|<>=?:+\-*%^$\n}]|&&|\|\||\|&|>>|[-+*%^<>=!]=|print|printf|return|case|in|else|do|exit)$/;
/** What cannot be taken to pieces may do no such thing. */
const RUNS = /system|getline|\||@|\/inet/;
/** An expansion where a rule or a statement begins. */
const IS_OPEN = /(?:^|[{;\n])[ \t]*\uFFFC/;
const HAS_CONDITION = /^(?:if|while|for|switch)$/;
const ENDS: ReadonlySet<string> = new Set(['}', ';', '\n', ')', '']);
const BEGINS: ReadonlySet<string> = new Set(['{', '}', ';', '\n', '(', '&&', '||', '!', '']);

/** Null where it is not plain whether a slash divides. */
function tokensOf(program: string): readonly Token[] | null {
  const tokens: Token[] = [];
  /** For each bracket that is open, whether it holds a condition, behind which a statement begins. */
  const brackets: boolean[] = [];
  let isBehindCondition = false;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(program);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  for (;;) {
    take(BLANK);
    if (at >= program.length) return tokens;
    const before = tokens.at(-1);
    if (program[at] === '/') {
      const isRegex =
        before === undefined ||
        (before.type !== 'string' && BEFORE_REGEX.test(before.text)) ||
        (before.text === ')' && isBehindCondition);
      if (!isRegex && /^(?:\+\+|--|getline)$/.test(before.text)) return null;
      if (isRegex) {
        const regex = take(REGEX);
        if (regex === null) return null;
        tokens.push({ type: 'regex', text: regex[0] });
        continue;
      }
    }
    const { string, word, number, sign = '' } = take(TOKENS)?.groups ?? {};
    if (string !== undefined) tokens.push({ type: 'string', text: string.slice(1, -1) });
    else if (word !== undefined) tokens.push({ type: 'word', text: word });
    else if (number !== undefined) tokens.push({ type: 'number', text: number });
    else if (sign === '' || /["\\'`\uFFFC]/.test(sign)) return null;
    else {
      if (sign === '(') brackets.push(before?.type === 'word' && HAS_CONDITION.test(before.text));
      if (sign === ')') isBehindCondition = brackets.pop() === true;
      tokens.push({ type: 'sign', text: sign });
    }
  }
}

/** A text that is written out; null when an escape or an expansion makes another one of it. */
function literal(token: Token | undefined): ShellWord | null {
  if (token?.type !== 'string' || token.text.includes(HOLE)) return null;
  const text = token.text.replace(/\\(["/])/g, '$1');
  return text.includes('\\') ? null : plainWord(text);
}

const isFile = ({ text }: ShellWord): boolean =>
  !/^(?:-|\/dev\/(?:stdin|stdout|stderr|null|tty))$/.test(text);

/** Reads a program of awk: gawk's, and with it those of the others. */
export function readAwkProgram({ mask }: ShellWord): AwkProgram {
  const open = mask.includes(HOLE);
  const tokens = tokensOf(mask);
  if (tokens === null) {
    const somewhere = mask.includes('print') && mask.includes('>') ? [SOMETHING] : [];
    return {
      commands: [],
      reads: [],
      writes: somewhere,
      hidden: RUNS.test(mask) || IS_OPEN.test(mask),
      open,
    };
  }
  const commands: ShellWord[] = [];
  const reads: ShellWord[] = [];
  const writes: ShellWord[] = [];
  let hidden = false;
  let prints = false;
  let gets = false;
  let depth = 0;
  const textAt = (at: number): string => (tokens[at]?.type === 'string' ? '"' : (tokens[at]?.text ?? ''));
  const ends = (at: number): boolean => ENDS.has(textAt(at));
  const runs = (command: ShellWord | null, isAlone: boolean): void => {
    if (command === null || !isAlone) hidden = true;
    else commands.push(command);
  };
  for (const [at, { type, text }] of tokens.entries()) {
    const next = literal(tokens[at + 1]);
    if (type === 'string') {
      if (text.includes('/inet')) hidden = true;
    } else if (type === 'word') {
      if (text === 'print' || text === 'printf') [prints, depth] = [true, 0];
      if (text === 'getline') gets = true;
      if (text === 'system') runs(literal(tokens[at + 2]), textAt(at + 1) === '(' && textAt(at + 3) === ')');
    } else if (type === 'sign') {
      if (text === '(') depth += 1;
      if (text === ')') depth -= 1;
      const goesOn = text === '\n' && /^(?:,|&&|\|\|)$/.test(textAt(at - 1));
      if (/^[;\n{}]$/.test(text) && !goesOn) [prints, gets] = [false, false];
      if (text === '@') hidden = true;
      if ((text === '|' || text === '|&') && textAt(at + 1) === 'getline')
        runs(literal(tokens[at - 1]), BEGINS.has(textAt(at - 2)));
      else if (text === '|' || text === '|&') runs(next, ends(at + 2));
      // Behind `print` it is no comparison, unless in brackets.
      if ((text === '>' || text === '>>') && prints && depth <= 0)
        writes.push(next !== null && ends(at + 2) ? next : SOMETHING);
      if (text === '<' && gets) reads.push(next ?? SOMETHING);
    }
  }
  return { commands, reads: reads.filter(isFile), writes: writes.filter(isFile), hidden, open };
}
