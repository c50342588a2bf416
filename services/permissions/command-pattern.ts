import type { FoundCommand } from './shell-commands.ts';

/** A glob in which `*` stands for anything, slashes and new lines included. A last ` *` also stands for nothing. */
export function globToRegExp(glob: string): RegExp {
  const body = glob
    .split('*')
    .map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('[\\s\\S]*');
  const optionalTail = body.replace(/ \[\\s\\S\]\*$/, '(?: [\\s\\S]*)?');
  return new RegExp(`^${optionalTail}$`, 'u');
}

/** `git:*`, as Claude Code's own settings write a prefix. */
function plainGlob(pattern: string): string {
  return pattern.replace(/:\*$/, '*').trim();
}

/** Long options that stand for a letter, for the programs that destroy. */
const LETTERS: Readonly<Record<string, string>> = { '--recursive': 'r', '--force': 'f', '--dir': 'd' };

function lettersOf(words: readonly string[]): ReadonlySet<string> {
  const letters = words.flatMap((word) =>
    /^-[A-Za-z]+$/.test(word) ? [...word.slice(1).toLowerCase()] : [LETTERS[word] ?? ''],
  );
  return new Set(letters);
}

/** `rm -rf*` also means `rm -r -f`, `rm -fr` and `rm --recursive --force`: all letters of its first option are there. */
function sameOptions(glob: string, words: readonly string[]): boolean {
  const match = /^(\S+) -([A-Za-z]+)\*?(?: \*)?$/.exec(glob);
  if (match?.[1] === undefined || match[2] === undefined || words[0] !== match[1]) return false;
  const letters = lettersOf(words.slice(1));
  return [...match[2].toLowerCase()].every((letter) => letters.has(letter));
}

function byName(words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words;
  return [first.slice(first.lastIndexOf('/') + 1), ...rest];
}

/** True when a command is meant by a pattern that forbids or asks: by its program's name, whatever its path or the order of its options. */
export function forbids(pattern: string, command: FoundCommand): boolean {
  const glob = plainGlob(pattern);
  const words = byName(command.words);
  const regexp = globToRegExp(glob);
  return regexp.test(command.text) || regexp.test(words.join(' ')) || sameOptions(glob, words);
}

/** True when a command is exactly what a pattern allows. */
export function permits(pattern: string, command: FoundCommand): boolean {
  return globToRegExp(plainGlob(pattern)).test(command.text);
}
