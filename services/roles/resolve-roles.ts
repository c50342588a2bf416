import type { Role } from '../../db/ids.ts';
import { toFailure } from '../errors/mission-error.ts';
import { NO_RULES, type Rules } from '../permissions/policy.ts';
import type { SourcedRules } from '../permissions/role-rules.ts';
import type { RoleProblem } from './read-layer.ts';
import type { RoleSource, WrittenDefinition } from './written-definition.ts';

/** What a role is, after all that was said of it. */
export interface RoleDefinition {
  readonly name: Role;
  readonly description: string;
  /** All tools when it is left out. */
  readonly tools?: readonly string[];
  readonly model?: string;
  /** All rules together. */
  readonly permissions: Rules;
  /** The same, each with where it stands. */
  readonly rules: readonly SourcedRules[];
  readonly nudge: { readonly afterMinutes: number } | null;
  readonly persistence: 'persistent' | 'ephemeral';
  /** Whether its agents work on a branch of their own; else they only read, in a checkout that follows the default branch. */
  readonly worktree: boolean;
  /** Of which roles its agents may make others: none that may do more than they, unless a person says so. */
  readonly creates: readonly string[];
  /** For the system prompt. */
  readonly prompt: string;
  readonly source: RoleSource;
  readonly file: string;
  readonly digest: string;
  /** What its repository wants for it beyond what it has, until a person trusts the file. */
  readonly waitsForTrust: readonly string[];
}

/** A definition of a repository that is not, or not as a whole, in force before a person trusts it. */
export interface WaitingDefinition {
  readonly name: Role;
  readonly file: string;
  readonly digest: string;
  /** What it would be given: rules, a model, its words. */
  readonly wants: readonly string[];
}

export interface Roles {
  readonly roles: ReadonlyMap<string, RoleDefinition>;
  readonly problems: readonly RoleProblem[];
  readonly waiting: readonly WaitingDefinition[];
}

/**
 * Roles on whose word others build: what may be merged, who is believed, who is told what. The words of strangers change
 * nothing about them.
 */
const GUARDED: ReadonlySet<string> = new Set([
  'supervisor',
  'merge-queue',
  'pr-shepherd',
  'reviewer',
  'memory',
]);

/** What agents make where nothing is said. */
export const USUALLY_CREATED: readonly string[] = ['worker', 'reviewer'];

/** Of a role and all that it extends. */
const MOST_LETTERS = 200_000;

const joined = (rules: readonly SourcedRules[]): Rules => {
  const of = (kind: keyof Rules): string[] => [...new Set(rules.flatMap((one) => one.rules[kind]))];
  return { allow: of('allow'), confirm: of('confirm'), deny: of('deny') };
};

const fromOf = ({ source, file }: WrittenDefinition): string => (source === 'package' ? 'package' : file);

/** What is written, on top of what it extends. */
function whole(written: WrittenDefinition, base: RoleDefinition | null): RoleDefinition {
  const { fields, name, source, file, digest, prompt } = written;
  const own = fields.permissions;
  const rules = [
    ...(own === undefined ? [] : [{ from: fromOf(written), rules: own }]),
    ...(base?.rules ?? []),
  ];
  const tools = fields.tools ?? base?.tools;
  const model = fields.model ?? base?.model;
  return {
    name,
    description: fields.description || (base?.description ?? ''),
    ...(tools === undefined ? {} : { tools }),
    ...(model === undefined ? {} : { model }),
    permissions: joined(rules),
    rules,
    nudge: fields.nudge === undefined ? (base?.nudge ?? null) : fields.nudge,
    persistence: fields.persistence ?? base?.persistence ?? 'ephemeral',
    worktree: fields.worktree ?? base?.worktree ?? true,
    creates: fields.creates ?? base?.creates ?? USUALLY_CREATED,
    prompt: base === null || base.prompt === '' ? prompt : `${base.prompt}\n\n${prompt}`.trim(),
    source,
    file,
    digest,
    waitsForTrust: [],
  };
}

/** What a definition would be given beyond what there was before it. */
function wantsOf(
  full: RoleDefinition,
  { fields }: WrittenDefinition,
  before: RoleDefinition | null,
): readonly string[] {
  const had = before?.permissions ?? NO_RULES;
  const lost = (kind: 'deny' | 'confirm') =>
    had[kind]
      .filter((rule) => !full.permissions[kind].includes(rule))
      .map((rule) => `no longer ${kind} ${rule}`);
  const isWider =
    before?.tools !== undefined && full.tools?.every((tool) => before.tools?.includes(tool)) !== true;
  return [
    ...full.permissions.allow.filter((rule) => !had.allow.includes(rule)).map((rule) => `allow ${rule}`),
    ...lost('deny'),
    ...lost('confirm'),
    ...(isWider ? [`tools ${full.tools?.join(', ') ?? 'all'}`] : []),
    ...(fields.model !== undefined && fields.model !== before?.model ? [`model ${fields.model}`] : []),
    ...(full.nudge !== null && full.nudge.afterMinutes !== before?.nudge?.afterMinutes
      ? [`nudge after ${full.nudge.afterMinutes} minutes`]
      : []),
    ...full.creates
      .filter((role) => !(before?.creates ?? USUALLY_CREATED).includes(role))
      .map((role) => `make agents of the role ${role}`),
    ...(full.persistence === 'persistent' && before?.persistence !== 'persistent' ? ['persistent'] : []),
    ...(!full.worktree && before?.worktree !== false ? ['no branch of its own'] : []),
  ];
}

/** What strangers say of a role: its words, and fewer rights. */
function narrowed(
  full: RoleDefinition,
  written: WrittenDefinition,
  before: RoleDefinition | null,
): Omit<RoleDefinition, 'waitsForTrust'> {
  const { fields } = written;
  const own: SourcedRules = {
    from: fromOf(written),
    rules: { ...(fields.permissions ?? NO_RULES), allow: [] },
  };
  const rules = [own, ...(before?.rules ?? [])];
  const asked = fields.tools;
  const tools =
    before?.tools === undefined ? asked : before.tools.filter((tool) => asked?.includes(tool) !== false);
  const { tools: _, model: __, ...rest } = full;
  return {
    ...rest,
    ...(tools === undefined ? {} : { tools }),
    ...(before?.model === undefined ? {} : { model: before.model }),
    permissions: joined(rules),
    rules,
    nudge: fields.nudge === null ? null : (before?.nudge ?? null),
    persistence: before?.persistence ?? 'ephemeral',
    worktree: before?.worktree ?? true,
    creates: full.creates.filter((role) => (before?.creates ?? USUALLY_CREATED).includes(role)),
  };
}

/**
 * What each role is, of all that is written.
 * @param layers the weakest first; each has one definition of a name at most
 * @param isTrusted whether a person has agreed to this very file of a repository
 */
export function resolveRoles(
  layers: readonly (readonly WrittenDefinition[])[],
  isTrusted: (written: WrittenDefinition) => boolean,
): Roles {
  const written = new Map<string, WrittenDefinition[]>();
  for (const one of layers.flat()) {
    // Claude Code's subagents were not written for missiond: they are roles where nobody else defines one of their name.
    const before = (written.get(one.name) ?? []).filter(({ source }) => source !== 'claude');
    written.set(one.name, [...before, one]);
  }
  const known = new Map<string, RoleDefinition | null>();
  const guarded = new Set<string>(GUARDED);
  const problems: RoleProblem[] = [];
  const waiting: WaitingDefinition[] = [];
  const under: string[] = [];

  function baseOf(
    { name, fields, file }: WrittenDefinition,
    below: RoleDefinition | null,
  ): RoleDefinition | null {
    if (fields.extends === undefined) return null;
    const base = fields.extends === name ? below : resolved(fields.extends);
    if (base === null)
      throw new Error(`${file}: it extends ${fields.extends}, and there is no such role before it`);
    return base;
  }

  function on(one: WrittenDefinition, below: RoleDefinition | null): RoleDefinition | null {
    const base = baseOf(one, below);
    const full = whole(one, base);
    if (full.prompt.length > MOST_LETTERS)
      throw new Error(`${one.file}: with what it extends it has more than ${MOST_LETTERS} letters`);
    const isStrangers = one.source === 'repository' || one.source === 'claude';
    if (base !== null && guarded.has(base.name)) guarded.add(one.name);
    if (!isStrangers || isTrusted(one)) return full;
    const before = below ?? base;
    const wants = wantsOf(full, one, before);
    const isHeld = guarded.has(one.name);
    if (isHeld || wants.length > 0) {
      const { name, file, digest } = one;
      waiting.push({ name, file, digest, wants: isHeld ? ['its words', ...wants] : wants });
    }
    if (isHeld) return below === null ? null : { ...below, waitsForTrust: ['its words', ...wants] };
    return { ...narrowed(full, one, before), waitsForTrust: wants };
  }

  function resolved(name: string): RoleDefinition | null {
    const before = known.get(name);
    if (before !== undefined) return before;
    if (under.includes(name)) throw new Error(`the roles ${[...under, name].join(' → ')} extend each other`);
    under.push(name);
    let effective: RoleDefinition | null = null;
    try {
      for (const one of written.get(name) ?? []) {
        try {
          effective = on(one, effective) ?? effective;
        } catch (error) {
          problems.push({ file: one.file, message: toFailure(error).message });
        }
      }
    } finally {
      under.pop();
    }
    known.set(name, effective);
    return effective;
  }

  const roles = new Map<string, RoleDefinition>();
  for (const name of written.keys()) {
    const role = resolved(name);
    if (role !== null) roles.set(name, role);
  }
  return { roles, problems, waiting };
}
