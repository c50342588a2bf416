import type { ShellWord } from './shell-word.ts';

/** An agent chooses the text, and everybody waits while it is judged: no text may take more than some 50 ms. */
const MOST_CHARACTERS = 100_000;
/** Of what is not the body of a here-document that no shell reads. */
const MOST_SPOKEN = 20_000;
/**
 * The parser reads the rest of the text again for each `$(` that is open. 100 of them in 8,000 characters take it some
 * 15 ms; a long script of everyday has 30 of them in 3,000.
 */
const MOST_READINGS = 800_000;
const MOST_COMMANDS = 500;
const MOST_WORDS = 4_000;
/** Each command is spelled in up to some 40 ways. */
const MOST_SPELLED = 120_000;
const MOST_FILES = 4_000;
/** The text is looked through for the variable of each. */
const MOST_LOOPS = 64;

const OPENING = /\$[({[]|`|<\(|>\(|<<|=\(|\(\(|\b\w+\[/g;
/**
 * A here-document whose delimiter is quoted, behind nothing but plain words: here it certainly begins, and no shell reads
 * what stands in it. Agents write whole files so.
 */
const PLAIN_UNTIL_BODY = /[^'"`\\#$(){}[\]<\n]*<<(['"])(\w+)\1[^'"`\\#$(){}[\]<\n]*\n/y;
const PLAIN_LINE = /[^'"`\\#$(){}[\]<\n]*\n/y;

/** The text without the bodies of those here-documents at its beginning that are surely none of the shell's. */
function spoken(text: string): string {
  let kept = '';
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) {
      kept += found[0];
      at = pattern.lastIndex;
    }
    return found;
  };
  for (;;) {
    const opened = take(PLAIN_UNTIL_BODY);
    if (opened === null) {
      if (take(PLAIN_LINE) !== null) continue;
      return kept + text.slice(at);
    }
    const ending = `\n${opened[2] ?? ''}\n`;
    // From the new line before the body, which may be empty.
    const end = text.indexOf(ending, at - 1);
    if (end < 0) return kept;
    at = end + ending.length;
  }
}

/** What may be spent on one text, all that is found in it included. Each throws a RangeError when that is used up. */
export interface Effort {
  /** A shell text is parsed. */
  reads(text: string): void;
  /** A command is found. */
  finds(words: readonly ShellWord[]): void;
  /** So many files are named. */
  names(files: number): void;
  loops(): void;
}

/** Keeps count for one text, so that what it costs to judge does not depend on who wrote it. */
export function createEffort(): Effort {
  /** Takes from what is left. */
  const purse = (most: number) => {
    let left = most;
    return (cost: number): void => {
      left -= cost;
      if (left < 0) throw new RangeError('The command holds more than is read of one.');
    };
  };
  const characters = purse(MOST_CHARACTERS);
  const spokenOf = purse(MOST_SPOKEN);
  const readings = purse(MOST_READINGS);
  const commands = purse(MOST_COMMANDS);
  const words = purse(MOST_WORDS);
  const spelled = purse(MOST_SPELLED);
  const files = purse(MOST_FILES);
  const loops = purse(MOST_LOOPS);
  return {
    reads(text) {
      characters(text.length);
      const own = spoken(text);
      spokenOf(own.length);
      readings(own.length * (own.match(OPENING)?.length ?? 0));
    },
    finds(found) {
      commands(1);
      words(found.length);
      spelled(found.reduce((sum, { text }) => sum + text.length + 1, 0));
    },
    names: files,
    loops: () => loops(1),
  };
}
