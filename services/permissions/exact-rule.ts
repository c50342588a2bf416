import path from 'node:path';
import { PUT_INSTEAD } from '../../db/redact-tokens.ts';
import { runsCode, shellField } from './tool-pattern.ts';

/** Letters by which a pattern for files means more than one. */
const MANY_FILES = /[*?[\]{}!\\]|\/$|\s$/;
const FILE_TOOLS: ReadonlySet<string> = new Set(['Read', 'Edit', 'Write', 'MultiEdit', 'NotebookEdit']);

function exactFile(argument: string): string | null {
  if (!path.isAbsolute(argument) || path.normalize(argument) !== argument || MANY_FILES.test(argument))
    return null;
  return `/${argument}`;
}

function exactArgument(tool: string, argument: string): string | null {
  if (argument === '' || argument.includes('*') || argument.includes(PUT_INSTEAD)) return null;
  // Blanks in a pattern stand for any others, line ends too.
  if (shellField(tool) !== null) return /^\S+(?: \S+)*$/.test(argument) ? argument : null;
  if (FILE_TOOLS.has(tool)) return exactFile(argument);
  return argument;
}

/**
 * The pattern that allows this one call and no other: `Bash(npm test)`, `Edit(//home/me/x.ts)`. Null where none can be
 * written: it would mean more, or what was shown is not all of the call.
 */
export function exactRule(tool: string, argument: string): string | null {
  const exact = runsCode(tool) ? null : exactArgument(tool, argument);
  return exact === null ? null : `${tool}(${exact})`;
}
