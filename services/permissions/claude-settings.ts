import { atLeast } from '../claude/version-order.ts';
import { globMatcher } from './glob.ts';
import { ownCommandRules } from './own-commands.ts';
import { NO_RULES, type Policy, type Rules } from './policy.ts';
import { protectionRules } from './protections.ts';
import { needsNoNaming, type RoleRules } from './role-rules.ts';
import { namesTool, splitPattern, type ToolPattern } from './tool-pattern.ts';

export interface ClaudePermissions {
  readonly allow: readonly string[];
  readonly ask: readonly string[];
  readonly deny: readonly string[];
}

/** Claude Code has path rules for two tools, which hold for the others; `Write(path)` is accepted and never looked at. */
const PATH_RULE: Readonly<Record<string, 'Read' | 'Edit'>> = {
  Read: 'Read',
  LS: 'Read',
  NotebookRead: 'Read',
  Edit: 'Edit',
  Write: 'Edit',
  MultiEdit: 'Edit',
  NotebookEdit: 'Edit',
};
/** Named one by one beside a glob such as `Web*`, because older versions (2.1.150) do not read globs in names. */
const BUILT_IN = `Bash Read Edit Write NotebookEdit Glob Grep WebFetch WebSearch Task Agent`.split(' ');
/** From here on a question of these settings that the daemon's rules allow is answered through PermissionRequest. */
const ANSWERS_BY_HOOK = '2.1.0';
/** The commands that gates stand before, as far as a pattern can say it. */
const GATED = [
  'git push',
  'git send-pack',
  'git config',
  'git remote set-url',
  'gh pr merge',
  'glab mr merge',
];
/** A rule with a star inside makes earlier versions drop the whole settings file, hooks and denials with it (2.0.60). */
const KNOWS_GLOBS = '2.1.0';
/** `-rfv` has six orders; a cluster of four would be twenty-four rules. */
const MOST_LETTERS = 3;

function orders(letters: readonly string[]): readonly (readonly string[])[] {
  if (letters.length < 2) return [letters];
  return letters.flatMap((letter, index) =>
    orders(letters.filter((_, other) => other !== index)).map((rest) => [letter, ...rest]),
  );
}

/** `rm -rf` is also `rm -fr`, `rm -r -f` and `rm -f -r`. */
function sameOptions(command: string): readonly string[] {
  const [, program, cluster] = /^(.* )-([A-Za-z]+)$/.exec(command) ?? [];
  if (program === undefined || cluster === undefined || cluster.length > MOST_LETTERS) return [command];
  return [
    ...new Set(
      orders([...cluster]).flatMap((order) => [
        `${program}-${order.join('')}`,
        `${program}${order.map((letter) => `-${letter}`).join(' ')}`,
      ]),
    ),
  ];
}

function restrictingCommand(argument: string, globs: boolean): readonly string[] {
  const command = argument.replace(/(?::\*|\s*\*)$/, '');
  if (!globs) {
    // What stands before the first star, as a beginning: wider than the rule, and all that these versions can say.
    const beginning = (command.split('*', 1)[0] ?? '').trim();
    if (beginning === '') return ['Bash'];
    return command === argument
      ? [`Bash(${argument})`]
      : sameOptions(beginning).map((one) => `Bash(${one}:*)`);
  }
  if (command === argument) return [`Bash(${argument})`];
  const wordEnds = /\s\*$|:\*$/.test(argument);
  const spelled = /[*\s]$/.test(command) || command === '' ? [command] : sameOptions(command);
  return spelled.flatMap((one) => [
    // With `:*` a star before it would be read as a letter.
    ...(one.includes('*') ? [] : [`Bash(${one}:*)`]),
    `Bash(${one} *)`,
    ...(wordEnds ? [`Bash(${one})`] : [`Bash(${one}*)`]),
    // Only the first word can carry the folder of its program.
    ...(one.startsWith('*') || one.startsWith('/') ? [] : [`Bash(*/${one}${wordEnds ? ' *' : '*'})`]),
  ]);
}

/** In settings given by `--settings` a single leading slash means the folder of that file, not the agent's. */
function restrictingPaths(tool: 'Read' | 'Edit', pattern: string): readonly string[] {
  const rule = (path: string): string => `${tool}(${path})`;
  if (pattern.startsWith('//') || pattern.startsWith('~/')) return [rule(pattern)];
  if (pattern.startsWith('/')) return [rule(`.${pattern}`), rule(`/${pattern}`)];
  if (pattern.replace(/^\.\//, '').slice(0, -1).includes('/') || pattern.startsWith('./'))
    return [rule(`./${pattern.replace(/^\.\//, '')}`)];
  return [rule(pattern), rule(`//**/${pattern}`)];
}

/** Every wording of a restriction that Claude Code understands; null when it has none for this. */
function restricting({ tool, argument }: ToolPattern, globs: boolean): readonly string[] | null {
  if (argument === null) {
    const named = globMatcher(tool);
    return tool.includes('*') && !tool.startsWith('mcp__')
      ? [...(globs ? [tool] : []), ...BUILT_IN.filter((name) => named(name))]
      : [tool];
  }
  if (tool === 'Bash') return restrictingCommand(argument, globs);
  const path = Object.hasOwn(PATH_RULE, tool) ? PATH_RULE[tool] : undefined;
  if (path !== undefined) return restrictingPaths(path, argument);
  const domain = /^(?:domain:|https?:\/\/)([^/*\s:]+)(?:\/?\*?)?$/.exec(argument)?.[1];
  if (tool === 'WebFetch' && domain !== undefined) return [`WebFetch(domain:${domain})`];
  return null;
}

/**
 * What the definition of a role says. Where a person has said something of the same tool, for this role or slot, that
 * stands over it: what it denies is asked then, and the hook knows which of both it is.
 */
function definitionScopes(
  { rules, tools }: RoleRules,
  persons: readonly (Rules | undefined)[],
): readonly Rules[] {
  const said = persons
    .flatMap((scope) => [...(scope?.allow ?? []), ...(scope?.confirm ?? [])])
    .map((pattern) => splitPattern(pattern).tool);
  const isSaid = (pattern: string): boolean => {
    const { tool } = splitPattern(pattern);
    // Rules for files hold for what shells do with them, and the other way round.
    return said.some((one) => namesTool(one, tool) || namesTool(tool, one));
  };
  const missing =
    tools === undefined
      ? []
      : BUILT_IN.filter((name) => !needsNoNaming(name) && !tools.some((tool) => namesTool(tool, name)));
  return [...rules.map((one) => one.rules), { ...NO_RULES, deny: missing }].map(
    ({ allow, confirm, deny }) => ({
      allow,
      confirm: [...confirm, ...deny.filter(isSaid)],
      deny: deny.filter((pattern) => !isSaid(pattern)),
    }),
  );
}

/**
 * The rules of a slot in Claude Code's own settings (https://code.claude.com/docs/en/permissions), so that a denial holds
 * while no daemon answers its hooks. What cannot be said exactly is wider in `deny`, is asked as a whole in `ask`, and is
 * left out of `allow`, where the hook decides. Tried with 2.1.329, 2.1.150 and 2.0.60.
 * `version`: of the program; null for one that is not known, which is taken for a recent one.
 */
export function compileToClaudeSettings(
  policy: Policy,
  {
    role,
    slotId,
    version,
    definition,
  }: {
    readonly role: string;
    readonly slotId: string;
    readonly version: string | null;
    /** Of the role, of an agent of a team. */
    readonly definition?: RoleRules | undefined;
  },
): ClaudePermissions {
  const globs = version === null || atLeast(version, KNOWS_GLOBS);
  const protectedToo =
    policy.protections !== undefined && (version === null || atLeast(version, ANSWERS_BY_HOOK))
      ? { ...protectionRules(policy.protections), gated: GATED.map((command) => `Bash(${command}:*)`) }
      : undefined;
  const persons = [policy.slots[slotId], policy.roles[role]];
  const scopes = [
    policy.always,
    policy.ownCommands === undefined ? undefined : ownCommandRules(policy.ownCommands),
    ...persons,
    ...(definition === undefined ? [] : definitionScopes(definition, persons)),
    policy.default,
    protectedToo,
  ];
  const all = (kind: 'allow' | 'confirm' | 'deny'): readonly ToolPattern[] =>
    scopes.flatMap((scope) => scope?.[kind] ?? []).map(splitPattern);
  const deny = all('deny');
  const confirm = [...all('confirm'), ...(protectedToo?.gated ?? []).map(splitPattern)];
  const unsaid = [...deny, ...confirm]
    .filter((rule) => restricting(rule, globs) === null)
    .map(({ tool }) => tool);
  // A rule of one argument that Claude Code would judge otherwise than the daemon leaves the whole tool to the daemon.
  const divided = [...deny, ...confirm].filter(
    ({ tool, argument }) => argument !== null && !(tool in PATH_RULE),
  );
  const allow = all('allow').filter(
    ({ tool, argument }) =>
      argument === null &&
      tool !== 'Bash' &&
      (!tool.includes('*') || tool.startsWith('mcp__')) &&
      !divided.some((rule) => namesTool(rule.tool, tool) || namesTool(tool, rule.tool)),
  );
  const unique = (rules: readonly string[]): readonly string[] => [...new Set(rules)];
  return {
    allow: unique(allow.map(({ tool }) => tool)),
    ask: unique([...confirm.flatMap((rule) => restricting(rule, globs) ?? []), ...unsaid]),
    deny: unique(deny.flatMap((rule) => restricting(rule, globs) ?? [])),
  };
}
