import { isDeepStrictEqual } from 'node:util';
import type { Role, SlotId } from '../../db/ids.ts';
import type { Decision } from '../../services/permissions/decide.ts';
import { describedCall } from '../../services/permissions/described-call.ts';
import type { PermissionStore } from '../../services/permissions/permission-store.ts';
import type { Rules } from '../../services/permissions/policy.ts';
import type { RoleRules } from '../../services/permissions/role-rules.ts';
import type { MissionCore } from '../core.ts';
import type { VerdictDependencies } from '../verdicts.ts';

/** The rules as permissions.yaml has them. */
export interface PolicyView {
  readonly default: Rules;
  readonly roles: Readonly<Record<string, Rules>>;
  readonly slots: Readonly<Record<string, Rules>>;
  /** Why the file as it stands is not in force: the last good rules are. */
  readonly problem?: string;
}

/** Who has changed the rules when nobody did it through a door. */
const BY_HAND = 'file';

export type RuleScope = { readonly role: Role } | { readonly slotId: SlotId };

/** Looking at the rules, and changing the file they stand in. Methods throw MissionError `permissions_invalid`. */
export interface PermissionOperations {
  get(): PolicyView;
  /** `by`: who changes them, for the audit. */
  set(scope: RuleScope, rules: Rules, by: string): void;
  addAllowed(scope: RuleScope, pattern: string, by: string): void;
  reload(by: string): void;
  /**
   * What would happen to a call that is written as `Bash(git push --force)`, and which rule says so.
   * @throws MissionError `input_invalid`
   */
  explain(scope: RuleScope, call: string): Decision;
}

/** How calls of a slot are judged, and what there is of roles that no slot has. */
export interface PermissionJudging {
  readonly judge: VerdictDependencies['judge'];
  readonly definitionOf: (role: Role) => RoleRules | undefined;
}

export type PermissionRules = Pick<PermissionStore, 'current' | 'problem' | 'edit' | 'reload' | 'judge'>;

export function createPermissionOperations(
  core: Pick<MissionCore, 'audit' | 'now' | 'runtime' | 'runtimes'>,
  rules: PermissionRules,
  { judge, definitionOf }: PermissionJudging,
  /** Writes in the next transaction. */
  writeLater: (write: () => void) => void,
): PermissionOperations & {
  /** Writes down that the file has been changed by hand, once it has. */
  readonly notice: () => void;
} {
  let known = rules.current();

  /** Writes down what has become of the rules, if anything has. */
  function record(by: string): void {
    const now = rules.current();
    const [before, after] = [known, now].map(({ default: general, roles, slots }) => ({
      default: general,
      roles,
      slots,
    }));
    known = now;
    if (isDeepStrictEqual(before, after)) return;
    const at = core.now();
    writeLater(() => core.audit.add({ at, kind: 'rules', by, change: { before, after } }));
  }

  /** What stood there already is not the work of who changes it now. */
  function change(by: string, act: () => void): void {
    record(BY_HAND);
    try {
      act();
    } finally {
      record(by);
    }
  }

  function explain(scope: RuleScope, said: string): Decision {
    const call = describedCall(said);
    if ('slotId' in scope) {
      const { cwd } = core.runtime(scope.slotId).configuration;
      return judge(scope.slotId, call.tool, call.input, cwd, undefined);
    }
    // A role works where the first of its slots does; one without slots here, as its definition says.
    const { role } = scope;
    const first = [...core.runtimes.values()].find(({ configuration }) => configuration.role === role);
    const cwd = first?.configuration.cwd ?? process.cwd();
    return rules.judge({
      ...call,
      role,
      slotId: '',
      cwd,
      definition: first === undefined ? definitionOf(role) : undefined,
    });
  }

  /** A slip of the pen would be a rule for nobody. Roles may come later. */
  function knownScope(scope: RuleScope): RuleScope {
    if ('slotId' in scope) core.runtime(scope.slotId);
    return scope;
  }
  return {
    get() {
      const { default: general, roles, slots } = rules.current();
      const problem = rules.problem();
      return { default: general, roles, slots, ...(problem === null ? {} : { problem: problem.message }) };
    },
    set: (scope, to, by) =>
      change(by, () => rules.edit({ kind: 'set', scope: knownScope(scope), rules: to })),
    addAllowed: (scope, pattern, by) =>
      change(by, () => rules.edit({ kind: 'add', scope: knownScope(scope), to: 'allow', pattern })),
    reload: (by) => change(by, () => rules.reload()),
    notice() {
      if (rules.current() !== known) record(BY_HAND);
    },
    explain,
  };
}
