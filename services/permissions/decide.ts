import type { Meant } from './command-pattern.ts';
import { type Demand, type Judged, judge, unreadable } from './judged.ts';
import { type PatternArgument, patternArgument } from './pattern-argument.ts';
import type { Policy, Rules } from './policy.ts';
import { namesTool, splitPattern } from './tool-pattern.ts';

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
  /** A rule that denies may mean this call; what it will be is not known before it runs. */
  readonly perhapsDenied: boolean;
}

interface ScopedRule {
  /** `roles.coder.deny Bash(rm -rf*)` */
  readonly name: string;
  readonly tool: string;
  readonly argument: PatternArgument | null;
  /** Not of the policy's file. */
  readonly always: boolean;
}

type Kind = 'allow' | 'confirm' | 'deny';
type ScopedRules = Readonly<Record<Kind, readonly ScopedRule[]>>;

function scoped(scope: string, rules: Rules | undefined, always: boolean): ScopedRules {
  const of = (kind: Kind): readonly ScopedRule[] =>
    (rules?.[kind] ?? []).map((pattern) => {
      const { tool, argument } = splitPattern(pattern);
      return {
        name: `${scope}.${kind} ${pattern}`,
        always,
        tool,
        argument: argument === null ? null : patternArgument(argument),
      };
    });
  return { allow: of('allow'), confirm: of('confirm'), deny: of('deny') };
}

function joined(all: readonly ScopedRules[]): ScopedRules {
  const of = (kind: Kind): readonly ScopedRule[] => all.flatMap((rules) => rules[kind]);
  return { allow: of('allow'), confirm: of('confirm'), deny: of('deny') };
}

function ownRules(policy: Policy, role: string, slotId: string): ScopedRules {
  const own = (rules: Policy['roles'], key: string) => (Object.hasOwn(rules, key) ? rules[key] : undefined);
  return joined([
    scoped('missiond', policy.always, true),
    scoped(`slots.${slotId}`, own(policy.slots, slotId), false),
    scoped(`roles.${role}`, own(policy.roles, role), false),
    scoped('default', policy.default, false),
  ]);
}

/** Tells whether a rule that forbids or asks means a call, or a file that the call reads or changes on the way. */
function meant(
  { tool, argument }: Omit<ScopedRule, 'name' | 'always'>,
  call: ToolCall,
  judged: Judged,
): Meant {
  const found: Meant[] = [];
  if (namesTool(tool, call.tool)) found.push(argument === null ? 'yes' : judged.restricts(argument));
  for (const effect of judged.effects) {
    if (effect.tools.some((name) => namesTool(tool, name)))
      found.push(argument === null ? 'yes' : effect.restricts(argument));
  }
  return found.includes('yes') ? 'yes' : found.includes('maybe') ? 'maybe' : 'no';
}

/** The rules that allow a call between them; null when something of it is allowed by none. */
function allowedBy(rules: readonly ScopedRule[], tool: string, judged: Judged): string | null {
  const own = rules.filter((rule) => namesTool(rule.tool, tool));
  const whole = own.find(({ argument }) => argument === null);
  if (whole !== undefined) return whole.name;
  if (judged.demands === null) return null;
  const allowing = (among: readonly ScopedRule[], demand: Demand): ScopedRule | undefined =>
    among.find(({ argument }) => argument === null || demand.allows(argument));
  const used = [
    ...judged.demands.map((demand) => allowing(own, demand)),
    ...judged.effects
      .filter(({ needsAllowing }) => needsAllowing)
      .map((effect) =>
        allowing(
          rules.filter((rule) => effect.tools.some((name) => namesTool(rule.tool, name))),
          effect,
        ),
      ),
  ];
  const names = new Set<string>();
  for (const rule of used) {
    if (rule === undefined) return null;
    names.add(rule.name);
  }
  return [...names].join(' and ');
}

const isDenied = (doubts: readonly { readonly decision: string }[]): boolean =>
  doubts.some(({ decision }) => decision === 'deny');

/** Decides calls by one policy, whose rules it reads once. */
export type Judge = (call: ToolCall, task?: Rules) => Decision;

/**
 * The judge of a policy. Deny wins over confirm over allow, across slot, role and default together; what nothing names is
 * confirmed, and so is what a rule might mean once an expansion is known. Never throws. With `task`, rules of the task
 * that the slot works on hold, too.
 */
export function createJudge(policy: Policy): Judge {
  const read = new Map<string, ScopedRules>();
  const rulesOf = ({ role, slotId }: ToolCall): ScopedRules => {
    const key = JSON.stringify([role, slotId]);
    const known = read.get(key) ?? ownRules(policy, role, slotId);
    read.set(key, known);
    return known;
  };
  return (call, task) => {
    const own = rulesOf(call);
    const rules = task === undefined ? own : joined([scoped('task', task, false), own]);
    try {
      return decideBy(rules, call, judge(call.tool, call.input, call.cwd));
    } catch {
      return decideBy(rules, call, unreadable(call.tool));
    }
  };
}

function decideBy(rules: ScopedRules, call: ToolCall, judged: Judged): Decision {
  const { argument } = judged;
  const doubts: { readonly decision: 'deny' | 'confirm'; readonly rule: string }[] = [];
  for (const decision of ['deny', 'confirm'] as const) {
    for (const { name, always, ...rule } of rules[decision]) {
      const verdict = meant(rule, call, judged);
      if (verdict === 'yes') return { decision, rule: name, argument, perhapsDenied: isDenied(doubts) };
      // A file that nothing is known of would be asked about each time; missiond's own are denied where they are named.
      if (verdict === 'maybe' && !always)
        doubts.push({ decision, rule: `${name}, perhaps: the command is not known before it runs` });
    }
  }
  const [doubt] = doubts;
  if (doubt !== undefined)
    return { decision: 'confirm', rule: doubt.rule, argument, perhapsDenied: isDenied(doubts) };
  const rule = allowedBy(rules.allow, call.tool, judged);
  return rule === null
    ? { decision: 'confirm', rule: 'no rule', argument, perhapsDenied: false }
    : { decision: 'allow', rule, argument, perhapsDenied: false };
}
