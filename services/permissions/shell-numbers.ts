import type { Command, ParsedScript } from 'unbash';
import { wordsOf } from './shell-word.ts';

/** Commands that print numbers and nothing else. With a file, wc prints its name, which may be anything. */
const PRINTS_NUMBERS: readonly RegExp[] = [
  /^wc(?: -[clmwL]+)?$/,
  /^(?:nproc|seq(?: -?\d+){1,3}|id -[ug]|tput (?:cols|lines)|pgrep -c .*)$/,
  /^date(?: -u)? \+[%sYmdHMSNju]+$/,
  // With more than one file, grep does so too.
  /^grep (?:-[EFPivwx]*c|--count) [^-]\S*(?: [\w./][\w./-]*)?$/,
  /^stat (?:-c|--format) ?%[sYXZWu] .*$/,
  /^git rev-list --count .*$/,
];

/** A command in one line; null when what it complains of is printed, too. */
function lineOf({ name, args, redirects }: Command): string | null {
  if (name === undefined || redirects.some(({ operator }) => operator.includes('&'))) return null;
  const words = [name, ...args].map((word) =>
    word.type === 'Word' ? wordsOf(word, true)[0]?.text : word.text,
  );
  return words
    .map((word) => (word === undefined || word === '' ? '""' : word.replace(/\s+/g, '_')))
    .join(' ');
}

/** True of a script that prints a number, so that nothing else is in the value it yields. */
export function printsNumber(script: ParsedScript | undefined): boolean {
  const [only, ...more] = script?.commands ?? [];
  if (only === undefined || more.length > 0) return false;
  const last = only.command.type === 'Pipeline' ? only.command.commands.at(-1) : only.command;
  const text = last?.type === 'Command' ? lineOf(last) : null;
  return text !== null && PRINTS_NUMBERS.some((pattern) => pattern.test(text));
}
