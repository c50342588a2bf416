import type { Assignment, Command, Statement, SyntaxNode } from 'unbash';
import { HOLE, type ShellWord, wordsOf } from './shell-word.ts';

/** Of a list such as `a && b`, only the first is certainly run. */
export function firstOf({ command, background }: Statement): readonly SyntaxNode[] {
  if (background === true) return [];
  const first = command.type === 'AndOr' ? command.commands[0] : command;
  return first === undefined ? [] : [first];
}

/** `<(sort a)`: what stands there is a pipe, whatever its name. */
export const isPipe = ({ text, mask }: ShellWord): boolean => mask === HOLE && /^[<>]\(/.test(text);

/** What an assignment gives: one word, or those of an array. */
export function valuesOf({ value }: Assignment): readonly ShellWord[] {
  return value.type === 'Word'
    ? wordsOf(value, false)
    : value.elements.flatMap((word) => wordsOf(word, false));
}

/** `x=y` as an argument: a word like others to everything but the shell's own builtins. */
function assignmentWord(assignment: Assignment): ShellWord {
  const [value] = assignment.value.type === 'Word' ? valuesOf(assignment) : [];
  const name = `${assignment.name}${assignment.index === undefined ? '' : `[${assignment.index.text}]`}=`;
  return value === undefined
    ? { text: assignment.text, mask: HOLE }
    : { text: name + value.text, mask: name + value.mask };
}

/** The words of a command, its program first. */
export function wordsOfCommand({ name, args }: Command): ShellWord[] {
  const program = name === undefined ? [] : wordsOf(name, true);
  return [
    ...program,
    ...args.flatMap((word) => (word.type === 'Word' ? wordsOf(word, false) : [assignmentWord(word)])),
  ];
}

/** What a here-document or here-string feeds to a command. */
export function stdinOf({ redirects }: Command): ShellWord | null {
  for (const redirect of redirects) {
    if (redirect.type === 'HereString' && redirect.target !== undefined)
      return wordsOf(redirect.target, false)[0] ?? null;
    if (redirect.type === 'HereDoc') {
      const { text, parts } = redirect.body;
      const fixed = parts === undefined || parts.every((part) => part.type === 'Literal');
      return { text, mask: redirect.delimiter?.quoted === true || fixed ? text : `${text}${HOLE}` };
    }
  }
  return null;
}
