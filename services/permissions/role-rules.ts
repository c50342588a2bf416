import type { Rules } from './policy.ts';

/** Rules with the definition that they stand in. */
export interface SourcedRules {
  /** `package`, or the file. */
  readonly from: string;
  readonly rules: Rules;
}

/** What the definition of a role says of what its agents may do. */
export interface RoleRules {
  readonly name: string;
  readonly rules: readonly SourcedRules[];
  /** All tools when it is left out. */
  readonly tools?: readonly string[] | undefined;
}

/** Tools that reach nothing but the agent's own session. */
const OWN_TOOLS: ReadonlySet<string> = new Set([
  'AskUserQuestion',
  'EnterPlanMode',
  'ExitPlanMode',
  'StructuredOutput',
  'TodoWrite',
  'ToolSearch',
  'TaskCreate',
  'TaskGet',
  'TaskList',
  'TaskUpdate',
]);
/** What an agent may do there its own rules say, call by call. */
const OWN_SERVER = 'mcp__missiond__';

/** True of tools that a list of tools need not name. */
export const needsNoNaming = (tool: string): boolean => OWN_TOOLS.has(tool) || tool.startsWith(OWN_SERVER);
