import type { Gates } from '../config/protect.ts';
import { AS_CHECKED } from './checked-merge.ts';
import type { Meant } from './command-pattern.ts';
import type { GatedAct } from './git-call.ts';
import type { Push } from './git-push.ts';
import { type Demand, type Judged, judge, unreadable } from './judged.ts';
import { type PatternArgument, patternArgument } from './pattern-argument.ts';
import { NO_RULES, type Policy, type Rules } from './policy.ts';
import { gateRule, type Protections, protectionRules, repositoryRules } from './protections.ts';
import { needsNoNaming, type RoleRules } from './role-rules.ts';
import { namesOfTool, splitPattern, toolMatcher } from './tool-pattern.ts';

export interface ToolCall {
  readonly role: string;
  readonly slotId: string;
  readonly tool: string;
  readonly input: unknown;
  /** Where the agent works: relative paths are meant from there. */
  readonly cwd: string;
  /** What the definition of its role says, of an agent of a team. */
  readonly definition?: RoleRules | undefined;
}

export interface Decision {
  readonly decision: 'allow' | 'confirm' | 'deny';
  /** Scope and pattern, for example `roles.coder.deny Bash(rm -rf*)`. */
  readonly rule: string;
  /** What was judged: the command, the path, the address, or the whole input. */
  readonly argument: string;
  /** A rule that denies may mean this call; what it will be is not known before it runs. */
  readonly perhapsDenied: boolean;
  /** A `confirm` that no agent answers, an orchestrating one neither. */
  readonly personOnly: boolean;
  /** What it pushes, where a person has to agree to what those commits change. */
  readonly pushes?: readonly Push[];
}

/** For each the disk is asked which repository it is in. */
const MOST_CHANGED = 1_000;

/** The rule of what no rule names. */
export const NO_RULE = 'no rule';

interface ScopedRule {
  /** `roles.coder.deny Bash(rm -rf*)` */
  readonly name: string;
  readonly namesTool: (tool: string) => boolean;
  readonly argument: PatternArgument | null;
  /** Not of the policy's file. */
  readonly always: boolean;
}

type Kind = 'allow' | 'confirm' | 'deny';
/** Rules in their order. */
interface RuleList {
  readonly all: readonly ScopedRule[];
  /** Those that name one of these tools; found once for the same tools. */
  naming(tools: readonly string[]): readonly ScopedRule[];
}

type ScopedRules = Readonly<Record<Kind, RuleList>>;

/** Calls are of a few tools; what an agent calls its tools is not kept for ever. */
const MOST_TOOLS = 200;

function ruleList(all: readonly ScopedRule[]): RuleList {
  const known = new Map<string, readonly ScopedRule[]>();
  return {
    all,
    naming(tools) {
      const key = tools.join('\0');
      const before = known.get(key);
      if (before !== undefined) return before;
      const found = all.filter(({ namesTool }) => tools.some(namesTool));
      if (known.size >= MOST_TOOLS) known.clear();
      known.set(key, found);
      return found;
    },
  };
}

function scoped(scope: string, rules: Rules | undefined, always: boolean): ScopedRules {
  const of = (kind: Kind): RuleList =>
    ruleList(
      (rules?.[kind] ?? []).map((pattern) => {
        const { tool, argument } = splitPattern(pattern);
        return {
          name: `${scope}.${kind} ${pattern}`,
          always,
          namesTool: toolMatcher(tool),
          argument: argument === null ? null : patternArgument(argument),
        };
      }),
    );
  return { allow: of('allow'), confirm: of('confirm'), deny: of('deny') };
}

function joined(all: readonly ScopedRules[]): ScopedRules {
  const of = (kind: Kind): RuleList => ruleList(all.flatMap((rules) => rules[kind].all));
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

/** What a person has said of this slot, or of this role: it stands over what the role's definition says. */
function personsRules({ roles, slots }: Policy, role: string, slotId: string): ScopedRules {
  return ownRules({ default: NO_RULES, roles, slots }, role, slotId);
}

/** The rules of a definition, each called by the file in which it stands. */
const definedRules = ({ name, rules }: RoleRules): ScopedRules =>
  joined(rules.map(({ from, rules: own }) => scoped(definitionRule(name, from), own, false)));

const definitionRule = (name: string, from: string): string => `definition of ${name} (${from})`;

interface RulesOfCall {
  /** Of the policy. */
  readonly own: ScopedRules;
  /** With those of the definition of its role. */
  readonly whole: ScopedRules;
  /** What a person has said of this slot or role in particular. */
  readonly persons: ScopedRules;
}

/** The stricter of both. */
const both = (one: Meant, other: Meant): Meant => (one === 'no' ? other : one);

/**
 * Tells whether a rule that forbids or asks means a call, or a file that the call reads or changes on the way. Asked of
 * every rule for every call.
 * @param names by which rules may mean the tool of the call
 * @param alsoPerhaps without it `no` may stand for `maybe`, and costs less
 */
function meant(
  { namesTool, argument, always }: ScopedRule,
  names: readonly string[],
  judged: Judged,
  alsoPerhaps: boolean,
): Meant {
  let found: Meant = 'no';
  if (names.some(namesTool)) {
    if (argument === null) return 'yes';
    found = judged.restricts(argument, alsoPerhaps);
    if (found === 'yes') return found;
  }
  for (const effect of judged.effects) {
    if (argument === null && !effect.meantByName) continue;
    if (!effect.tools.some(namesTool)) continue;
    const of: Meant = argument === null ? 'yes' : effect.restricts(argument, alsoPerhaps);
    // Of what is protected a person is asked wherever it is named; a rule of the policy means what is surely done.
    if (of === 'yes' && (always || !effect.isGuess)) return of;
    found = both(found, of === 'yes' ? 'maybe' : of);
  }
  return found;
}

/** The tools whose rules may mean a call: its own, and those by which its effects are known. */
const toolsConcerned = (names: readonly string[], { effects }: Judged): readonly string[] => [
  ...new Set([...names, ...effects.flatMap(({ tools }) => tools)]),
];

/** The rules that allow a call between them; null when something of it is allowed by none. */
function allowedBy(rules: RuleList, tool: string, judged: Judged): string | null {
  const own = rules.naming(namesOfTool(tool));
  const whole = own.find(({ argument }) => argument === null);
  if (whole !== undefined) return whole.name;
  const very = own.find(({ argument }) => argument?.exact != null && judged.isExactly(argument.exact));
  if (very !== undefined) return very.name;
  if (judged.demands === null) return null;
  const allowing = (among: readonly ScopedRule[], demand: Demand): ScopedRule | undefined =>
    among.find(({ argument }) => argument === null || (argument.exact === null && demand.allows(argument)));
  const used = [
    ...judged.demands.map((demand) => allowing(own, demand)),
    ...judged.effects
      .filter(({ needsAllowing }) => needsAllowing)
      .map((effect) => allowing(rules.naming(effect.tools), effect)),
  ];
  const names = new Set<string>();
  for (const rule of used) {
    if (rule === undefined) return null;
    names.add(rule.name);
  }
  return [...names].join(' and ');
}

/** Decides calls by one policy, whose rules it reads once. */
export type Judge = (call: ToolCall, task?: Rules) => Decision;

/**
 * The judge of a policy. Deny wins over confirm over allow, across slot, role and default together; what nothing names is
 * confirmed, and so is what a rule might mean once an expansion is known. Never throws. With `task`, rules of the task
 * that the slot works on hold, too.
 */
export function createJudge(policy: Policy): Judge {
  const { protections } = policy;
  const guarded =
    protections === undefined ? undefined : scoped('protected', protectionRules(protections), true);
  const read = new Map<string, ScopedRules>();
  const rulesOf = ({ role, slotId }: ToolCall): ScopedRules => {
    const key = JSON.stringify([role, slotId]);
    const known = read.get(key) ?? ownRules(policy, role, slotId);
    read.set(key, known);
    return known;
  };
  const defined = new WeakMap<RoleRules, Map<string, RulesOfCall>>();
  const rulesWith = (definition: RoleRules, call: ToolCall): RulesOfCall => {
    const of = defined.get(definition) ?? new Map<string, RulesOfCall>();
    defined.set(definition, of);
    const key = JSON.stringify([call.role, call.slotId]);
    const own = rulesOf(call);
    const known = of.get(key) ?? {
      own,
      whole: joined([own, definedRules(definition)]),
      persons: personsRules(policy, call.role, call.slotId),
    };
    of.set(key, known);
    return known;
  };
  /** By the rules of the policy, and of the definition where a person has not said of this role or slot what shall be. */
  function ruled(call: ToolCall, task: Rules | undefined, judged: Judged): Omit<Decision, 'personOnly'> {
    const beside = (rules: ScopedRules): ScopedRules =>
      task === undefined ? rules : joined([scoped('task', task, false), rules]);
    const { definition } = call;
    if (definition === undefined) return decideBy(beside(rulesOf(call)), call, judged);
    const { own, whole, persons } = rulesWith(definition, call);
    if (decideBy(persons, call, judged).rule !== NO_RULE) return decideBy(beside(own), call, judged);
    const decision = decideBy(beside(whole), call, judged);
    if (decision.decision === 'deny' || hasTool(definition, call.tool)) return decision;
    const rule = `definition of ${definition.name}: its tools are ${definition.tools?.join(', ')}`;
    return { ...decision, decision: 'deny', rule };
  }
  /** Why only a person may allow this; null when nothing is protected. */
  function protectedBy(call: ToolCall, judged: Judged): Guarded | null {
    if (protections === undefined) return null;
    const gated = gatedBy(protections, call, judged);
    if (gated?.decision === 'deny') return gated;
    const repository = new Set(
      foldersConcerned(call, judged).flatMap((folder) => protections.repositoryPaths(folder)),
    );
    const added =
      repository.size === 0 ? [] : scoped('repository', repositoryRules([...repository]), true).confirm.all;
    const names = namesOfTool(call.tool);
    const usual = guarded?.confirm.naming(toolsConcerned(names, judged)) ?? [];
    const hit = [...usual, ...added].find((rule) => meant(rule, names, judged, false) === 'yes');
    return hit === undefined ? gated : { decision: 'confirm', rule: hit.name };
  }
  function pushed({ role }: ToolCall, judged: Judged): Pick<Decision, 'pushes'> {
    if (protections === undefined || protections.gatesOf(role).pushProtected === 'allow') return {};
    const pushes = judged.pushes();
    return pushes.length === 0 ? {} : { pushes };
  }
  function decided(call: ToolCall, task: Rules | undefined, judged: Judged): Decision {
    const persons = judged.saidToMissiond().find((said) => policy.ownCommands?.mayRun(said) === false);
    if (persons !== undefined) return { ...forPersons(persons), argument: judged.argument };
    const decision = ruled(call, task, judged);
    if (decision.decision === 'deny') return { ...decision, personOnly: false };
    const guard = protectedBy(call, judged);
    if (guard === null) return { ...decision, personOnly: false, ...pushed(call, judged) };
    return { ...decision, ...guard, personOnly: guard.decision === 'confirm' };
  }
  return (call, task) => {
    try {
      return decided(call, task, judge(call.tool, call.input, call.cwd));
    } catch {
      return decided(call, task, unreadable(call.tool));
    }
  };
}

/** What only a person says at missiond's command line. */
const forPersons = ([command = '']: readonly string[]): Omit<Decision, 'argument'> => ({
  decision: 'deny',
  rule: `missiond.deny Bash(missiond ${command}*)`,
  perhapsDenied: false,
  personOnly: false,
});

/** True of a tool that the definition of a role gives to its agents. */
function hasTool({ tools }: RoleRules, tool: string): boolean {
  if (tools === undefined || needsNoNaming(tool)) return true;
  return namesOfTool(tool).some((name) => tools.some((one) => toolMatcher(one)(name)));
}

/** Where a call works, and every place that it changes: each repository says what is protected in it. */
function foldersConcerned({ cwd }: ToolCall, { effects }: Judged): readonly string[] {
  const changed = effects.filter(({ tools }) => tools.includes('Edit')).flatMap((effect) => effect.places());
  const folders = new Set([cwd, ...changed]);
  if (folders.size > MOST_CHANGED) throw new RangeError('The call changes too many files.');
  return [...folders];
}

interface Guarded {
  readonly decision: 'confirm' | 'deny';
  readonly rule: string;
}

/** What the gates of a role make of an act; null where they let it pass. */
function gateBefore(gates: Gates, act: GatedAct): Guarded | null {
  if (act.gate === 'any') {
    const areOpen = Object.values(gates).every((gate) => gate === 'allow');
    return areOpen ? null : { decision: 'confirm', rule: gateRule(act) };
  }
  const gate = gates[act.gate];
  if (gate === 'allow' || (gate === 'green' && act.isChecked === true)) return null;
  if (gate === 'green') return { decision: 'deny', rule: `${gateRule(act)} unchecked; write ${AS_CHECKED}` };
  return { decision: gate === 'deny' ? 'deny' : 'confirm', rule: gateRule(act) };
}

function gatedBy(protections: Protections, { role }: ToolCall, judged: Judged): Guarded | null {
  const gates = protections.gatesOf(role);
  const closed = judged.gated(protections.branches).flatMap((act) => gateBefore(gates, act) ?? []);
  return closed.find(({ decision }) => decision === 'deny') ?? closed[0] ?? null;
}

function decideBy(rules: ScopedRules, call: ToolCall, judged: Judged): Omit<Decision, 'personOnly'> {
  const { argument } = judged;
  const names = namesOfTool(call.tool);
  const tools = toolsConcerned(names, judged);
  let doubt: string | null = null;
  let perhapsDenied = false;
  for (const decision of ['deny', 'confirm'] as const) {
    for (const rule of rules[decision].naming(tools)) {
      const { name, always } = rule;
      // A file that nothing is known of would be asked about each time; missiond's own are denied where they are named.
      const alsoPerhaps = doubt === null && !always;
      const verdict = meant(rule, names, judged, alsoPerhaps);
      if (verdict === 'yes') return { decision, rule: name, argument, perhapsDenied };
      // What surely happens to a file that is only guessed leaves a doubt, too.
      if (verdict !== 'maybe' || always) continue;
      doubt ??= name;
      perhapsDenied ||= decision === 'deny';
    }
  }
  if (doubt !== null) {
    const rule = `${doubt}, perhaps: the command is not known before it runs`;
    return { decision: 'confirm', rule, argument, perhapsDenied };
  }
  const rule = allowedBy(rules.allow, call.tool, judged);
  return rule === null
    ? { decision: 'confirm', rule: NO_RULE, argument, perhapsDenied: false }
    : { decision: 'allow', rule, argument, perhapsDenied: false };
}
