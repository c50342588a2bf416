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

/** True when a pattern's tool name means this tool: the very name, a glob, or the server of an MCP tool. */
export function namesTool(name: string, tool: string): boolean {
  if (name === tool || (name.includes('*') && globMatcher(name)(tool))) return true;
  return /^mcp__(?:(?!__).)+$/.test(name) && tool.startsWith(`${name}__`);
}
