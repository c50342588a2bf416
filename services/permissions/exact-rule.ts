import path from 'node:path';
import { PUT_INSTEAD } from '../../db/redact-tokens.ts';
import { runsCode, shellField } from './tool-pattern.ts';

/** `Bash(=npm test)`: what stands behind it is the very argument, letter by letter. */
const EXACTLY = '=';
const FILE_TOOLS: ReadonlySet<string> = new Set(['Read', 'Edit', 'Write', 'MultiEdit', 'NotebookEdit']);
/** Their argument is not all of what they do. */
const SEARCH_TOOLS: ReadonlySet<string> = new Set(['Grep', 'Glob', 'LS']);
/** What a shell puts in their place is another thing another time. */
const EXPANDED = /[$`*?[{~!]/;

/** What a pattern's argument means letter by letter; null for one that is a glob. */
export const exactArgument = (argument: string): string | null =>
  argument.startsWith(EXACTLY) ? argument.slice(EXACTLY.length) : null;

function canBeSaid(tool: string, argument: string): boolean {
  if (argument === '' || argument.trim() !== argument || argument.includes(PUT_INSTEAD)) return false;
  if (runsCode(tool) || SEARCH_TOOLS.has(tool)) return false;
  if (shellField(tool) !== null) return !EXPANDED.test(argument);
  return !FILE_TOOLS.has(tool) || (path.isAbsolute(argument) && path.normalize(argument) === argument);
}

/**
 * The rule that allows a call with this argument and with no other: `Bash(=npm test)`, `Edit(=/home/me/x.ts)` (whatever is
 * changed in that file, while it is no link). Null where none can be written: what was shown is not all of the call, or
 * means another thing another time.
 */
export function exactRule(tool: string, argument: string): string | null {
  return canBeSaid(tool, argument) ? `${tool}(${EXACTLY}${argument})` : null;
}
