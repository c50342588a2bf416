import { globMatcher } from './glob.ts';

export interface ToolPattern {
  readonly tool: string;
  /** Null: every call of the tool. */
  readonly argument: string | null;
}

/** Splits `Tool(argument)`; a pattern without brackets, or with `(*)`, means every call of the tool. */
export function splitPattern(pattern: string): ToolPattern {
  const [, tool, argument] = /^([^(]+)\(([\s\S]*)\)$/.exec(pattern) ?? [];
  if (tool === undefined) return { tool: pattern, argument: null };
  return { tool, argument: argument === '*' || argument === undefined ? null : argument };
}

/** Whether a pattern's tool name means a tool: the very name, a glob, or the server of an MCP tool. Read once, asked often. */
export function toolMatcher(name: string): (tool: string) => boolean {
  const glob = name.includes('*') ? globMatcher(name) : null;
  const server = /^mcp__(?:(?!__).)+$/.test(name) ? `${name}__` : null;
  return (tool) => name === tool || glob?.(tool) === true || (server !== null && tool.startsWith(server));
}

/** The same of a name that is asked about once. */
export const namesTool = (name: string, tool: string): boolean => toolMatcher(name)(tool);

/** Tools that hand a text to the shell as Bash does, in these fields: who may not run it there may not run it here. */
const SHELL_TOOLS: Readonly<Record<string, string>> = {
  Bash: 'command',
  Monitor: 'command',
  mcp__workspace__bash: 'command',
};
/** Tools that run texts of languages that are not read here. */
const CODE_TOOLS: ReadonlySet<string> = new Set(['PowerShell', 'REPL', 'Eval']);

/** The field that holds the shell text of a call; null for a tool that is no shell. */
export const shellField = (tool: string): string | null =>
  Object.hasOwn(SHELL_TOOLS, tool) ? (SHELL_TOOLS[tool] ?? null) : null;

/** True of a tool whose text can do whatever a shell can, and is not understood. */
export const runsCode = (tool: string): boolean => CODE_TOOLS.has(tool);

/** By which names rules may mean a tool: the rules for Bash hold for every shell. */
export const namesOfTool = (tool: string): readonly string[] =>
  tool !== 'Bash' && (shellField(tool) !== null || runsCode(tool)) ? [tool, 'Bash'] : [tool];
