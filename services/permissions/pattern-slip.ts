import { splitPattern } from './tool-pattern.ts';

/** Tools of Claude Code, 1.0 to 2.1.329: a rule for a name that is nearly one of them would silently mean nothing. */
const TOOLS =
  `Agent AskUserQuestion Bash BashOutput Edit EnterPlanMode Eval ExitPlanMode Glob Grep KillShell LS Monitor MultiEdit
  NotebookEdit NotebookRead PowerShell REPL Read Skill SlashCommand Task TaskCreate TaskGet TaskList TaskUpdate TodoWrite
  WebFetch WebSearch Write`.split(/\s+/);

/** One letter that is another, too many, or missing. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return Math.max(a.length, b.length) - start - end <= 1;
}

/** What is wrong with a pattern that can be read and yet means nothing; null when nothing is. */
export function slipOf(pattern: string): string | null {
  const { tool } = splitPattern(pattern);
  if (pattern.endsWith('()')) return 'empty brackets mean nothing; leave them out to mean every call';
  if (/\)\s*,\s*[A-Za-z_][\w*-]*\(/.test(pattern))
    return 'these are two patterns in one; make a list of them';
  if (TOOLS.includes(tool) || tool.includes('*') || tool.startsWith('mcp__')) return null;
  const meant = TOOLS.find((name) => name.toLowerCase() === tool.toLowerCase() || isNear(name, tool));
  return meant === undefined ? null : `there is no tool "${tool}"; did you mean "${meant}"?`;
}
