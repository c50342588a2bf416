import { z } from 'zod';
import { forbids, globToRegExp, permits } from './command-pattern.ts';
import { pathMatches, placesOf } from './path-pattern.ts';
import type { Policy, Rules } from './policy.ts';
import { findCommands } from './shell-commands.ts';

export interface ToolCall {
  readonly role: string;
  readonly slotId: string;
  readonly tool: string;
  readonly input: unknown;
  /** Where the agent works: relative paths are meant from there. */
  readonly cwd: string;
}

export interface Decision {
  readonly decision: 'allow' | 'confirm' | 'deny';
  /** Scope and pattern, for example `roles.coder.deny Bash(rm -rf*)`. */
  readonly rule: string;
  /** What was judged: the command, the path, the address, or the whole input. */
  readonly argument: string;
}

const Input = z.looseObject({
  command: z.string().optional(),
  file_path: z.string().optional(),
  notebook_path: z.string().optional(),
  path: z.string().optional(),
  url: z.string().optional(),
});
const FILE_TOOLS: ReadonlySet<string> = new Set([
  'Read',
  'Edit',
  'Write',
  'MultiEdit',
  'NotebookEdit',
  'NotebookRead',
  'LS',
]);

/** Tells whether one pattern's argument means this call, for a rule that restricts and for one that allows. */
interface Judged {
  readonly argument: string;
  restricts(pattern: string): boolean;
  allows(pattern: string): boolean;
}

function judgeCommand(command: string): Judged {
  const { commands, complete } = findCommands(command);
  const whole = { text: command.replace(/\s+/g, ' ').trim(), words: command.trim().split(/\s+/) };
  return {
    argument: command,
    restricts: (pattern) => [whole, ...commands].some((one) => forbids(pattern, one)),
    // `*` alone trusts the role with every command; anything narrower must cover each command that was found.
    allows: (pattern) =>
      pattern === '*' || (complete && commands.length > 0 && commands.every((one) => permits(pattern, one))),
  };
}

function judgePath(file: string, cwd: string): Judged {
  const places = placesOf(file, cwd);
  return {
    argument: file,
    restricts: (pattern) => places.some((place) => pathMatches(pattern, place, cwd)),
    allows: (pattern) => places.every((place) => pathMatches(pattern, place, cwd)),
  };
}

function judgeAddress(url: string): Judged {
  let host = '';
  try {
    host = new URL(url).hostname.toLowerCase();
  } catch {
    // An address without a host matches only by its text.
  }
  const matches = (pattern: string): boolean => {
    const named = pattern.replace(/^domain:/, '').toLowerCase();
    return globToRegExp(named).test(host) || host.endsWith(`.${named}`) || globToRegExp(pattern).test(url);
  };
  return { argument: url, restricts: matches, allows: matches };
}

function judgeText(text: string): Judged {
  const matches = (pattern: string): boolean => globToRegExp(pattern).test(text);
  return { argument: text, restricts: matches, allows: matches };
}

function judge({ tool, input, cwd }: ToolCall): Judged {
  const fields = Input.safeParse(input).data ?? {};
  if (tool === 'Bash' && fields.command !== undefined) return judgeCommand(fields.command);
  const file = fields.file_path ?? fields.notebook_path ?? fields.path;
  if (FILE_TOOLS.has(tool) && file !== undefined) return judgePath(file, cwd);
  if (fields.url !== undefined) return judgeAddress(fields.url);
  return judgeText(JSON.stringify(input ?? {}));
}

/** Splits `Tool(argument)`; a pattern without brackets means every call of the tool. */
export function splitPattern(pattern: string): { readonly tool: string; readonly argument: string | null } {
  const match = /^([^(]+)\(([\s\S]*)\)$/.exec(pattern);
  return match?.[1] === undefined
    ? { tool: pattern, argument: null }
    : { tool: match[1], argument: match[2] ?? '' };
}

function findRule(
  rules: readonly string[],
  tool: string,
  meant: (argument: string) => boolean,
): string | undefined {
  return rules.find((rule) => {
    const { tool: name, argument } = splitPattern(rule);
    return globToRegExp(name).test(tool) && (argument === null || meant(argument));
  });
}

/**
 * Decides a tool call. Deny wins over confirm over allow, across slot, role and default; what nothing names is
 * confirmed. For a shell text each command may be allowed by another rule. Never throws: what cannot be judged is
 * confirmed.
 */
export function decide(policy: Policy, call: ToolCall): Decision {
  let judged: Judged;
  try {
    judged = judge(call);
  } catch {
    return { decision: 'confirm', rule: 'the call could not be read', argument: '' };
  }
  const scopes: readonly (readonly [string, Rules | undefined])[] = [
    [`slots.${call.slotId}`, policy.slots[call.slotId]],
    [`roles.${call.role}`, policy.roles[call.role]],
    ['default', policy.default],
  ];
  for (const kind of ['deny', 'confirm', 'allow'] as const) {
    for (const [scope, rules] of scopes) {
      const meant = kind === 'allow' ? judged.allows : judged.restricts;
      const rule = findRule(rules?.[kind] ?? [], call.tool, meant);
      if (rule !== undefined)
        return { decision: kind, rule: `${scope}.${kind} ${rule}`, argument: judged.argument };
    }
  }
  const together = allowedTogether(scopes, call);
  return together === null
    ? { decision: 'confirm', rule: 'no rule', argument: judged.argument }
    : { decision: 'allow', rule: together, argument: judged.argument };
}

/** `npm test && git status`: two commands, each allowed by a rule of its own. */
function allowedTogether(
  scopes: readonly (readonly [string, Rules | undefined])[],
  { tool, input }: ToolCall,
): string | null {
  const command = tool === 'Bash' ? Input.safeParse(input).data?.command : undefined;
  if (command === undefined) return null;
  const { commands, complete } = findCommands(command);
  if (!complete || commands.length < 2) return null;
  const rules = scopes.flatMap(([scope, found]) => (found?.allow ?? []).map((rule) => ({ scope, rule })));
  const used = commands.map((one) =>
    rules.find(({ rule }) => {
      const { tool: name, argument } = splitPattern(rule);
      return globToRegExp(name).test('Bash') && argument !== null && permits(argument, one);
    }),
  );
  if (used.some((found) => found === undefined)) return null;
  return [
    ...new Set(used.map((found) => (found === undefined ? '' : `${found.scope}.allow ${found.rule}`))),
  ].join(' and ');
}
