import type { Word, WordPart } from 'unbash';

/**
 * Stands for what nobody can know before the command runs: a variable, a substitution, a glob. The object replacement
 * character, because no command is written with it; one that is only gets judged more strictly.
 */
export const HOLE = '\uFFFC';

/** A word of a command as far as it can be known. */
export interface ShellWord {
  /** Without its quotes; expansions as they are written. */
  readonly text: string;
  /** The same with a `HOLE` for each expansion. */
  readonly mask: string;
}

/** Braces multiply; more words than this stay a hole. */
const MOST_BRACE_WORDS = 64;

export const UNKNOWN_WORD: ShellWord = { text: HOLE, mask: HOLE };

export function plainWord(text: string): ShellWord {
  return { text, mask: text };
}

const unknown = (text: string): readonly ShellWord[] => [{ text, mask: HOLE }];

/** `{a,b}` is two words; anything cleverer is a hole. */
function bracesOf(text: string): readonly ShellWord[] {
  const inside = /^\{([^{}'"\\$`]*)\}$/.exec(text)?.[1];
  return inside?.includes(',') === true ? inside.split(',').map(plainWord) : unknown(text);
}

function alternativesOf(part: WordPart, isStart: boolean, isProgram: boolean): readonly ShellWord[] {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return [plainWord(part.value)];
    case 'DoubleQuoted':
    case 'LocaleString':
      return [
        {
          text: part.parts.map((child) => (child.type === 'Literal' ? child.value : child.text)).join(''),
          mask: part.parts.map((child) => (child.type === 'Literal' ? child.value : HOLE)).join(''),
        },
      ];
    case 'Glob':
      // `*.log` names files, and hardly one called `-rf.log`; `p*sh` and `/bin/r?` may name anything.
      return isStart && !isProgram ? [plainWord(part.value)] : unknown(part.value);
    case 'BraceExpansion':
      return bracesOf(part.text);
    default:
      return unknown(part.text);
  }
}

/** A word of the parser as the words that it may become: one, or several for braces. */
export function wordsOf(word: Word, isProgram: boolean): readonly ShellWord[] {
  if (word.parts === undefined) return [plainWord(word.value)];
  let words: readonly ShellWord[] = [plainWord('')];
  for (const [index, part] of word.parts.entries()) {
    const alternatives = alternativesOf(part, index === 0, isProgram);
    if (words.length * alternatives.length > MOST_BRACE_WORDS) return unknown(word.value);
    words = words.flatMap((before) =>
      alternatives.map(({ text, mask }) => ({ text: before.text + text, mask: before.mask + mask })),
    );
  }
  return words;
}

/** The name of the program that a word starts, without its path. */
export function programOf(word: ShellWord | undefined): string {
  const name = word?.text ?? '';
  // zsh: `=rm` is the path of rm.
  return name.slice(name.lastIndexOf('/') + 1).replace(/^=(?=.)/, '');
}

export function joined(words: readonly ShellWord[]): ShellWord {
  return { text: words.map(({ text }) => text).join(' '), mask: words.map(({ mask }) => mask).join(' ') };
}
