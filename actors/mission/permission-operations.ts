import type { Role, SlotId } from '../../db/ids.ts';
import type { Decision } from '../../services/permissions/decide.ts';
import { describedCall } from '../../services/permissions/described-call.ts';
import type { PermissionStore } from '../../services/permissions/permission-store.ts';
import type { Rules } from '../../services/permissions/policy.ts';
import type { MissionCore } from '../core.ts';

/** The rules as permissions.yaml has them. */
export interface PolicyView {
  readonly default: Rules;
  readonly roles: Readonly<Record<string, Rules>>;
  readonly slots: Readonly<Record<string, Rules>>;
  /** Why the file as it stands is not in force: the last good rules are. */
  readonly problem?: string;
}

export type RuleScope = { readonly role: Role } | { readonly slotId: SlotId };

/** Looking at the rules, and changing the file they stand in. Methods throw MissionError `permissions_invalid`. */
export interface PermissionOperations {
  get(): PolicyView;
  set(scope: RuleScope, rules: Rules): void;
  addAllowed(scope: RuleScope, pattern: string): void;
  reload(): void;
  /**
   * What would happen to a call that is written as `Bash(git push --force)`, and which rule says so.
   * @throws MissionError `input_invalid`
   */
  explain(scope: RuleScope, call: string): Decision;
}

export type PermissionRules = Pick<PermissionStore, 'current' | 'problem' | 'edit' | 'reload' | 'judge'>;

export function createPermissionOperations(
  core: Pick<MissionCore, 'runtime' | 'runtimes'>,
  rules: PermissionRules,
): PermissionOperations {
  /** A role works where the first of its slots does; one without slots, here. */
  function worker(scope: RuleScope): { readonly role: Role; readonly slotId: string; readonly cwd: string } {
    if ('slotId' in scope) {
      const { id, role, cwd } = core.runtime(scope.slotId).configuration;
      return { role, slotId: id, cwd };
    }
    const first = [...core.runtimes.values()].find(({ configuration }) => configuration.role === scope.role);
    return { role: scope.role, slotId: '', cwd: first?.configuration.cwd ?? process.cwd() };
  }

  /** A slip of the pen would be a rule for nobody. Roles may come later. */
  function known(scope: RuleScope): RuleScope {
    if ('slotId' in scope) core.runtime(scope.slotId);
    return scope;
  }
  return {
    get() {
      const { default: general, roles, slots } = rules.current();
      const problem = rules.problem();
      return { default: general, roles, slots, ...(problem === null ? {} : { problem: problem.message }) };
    },
    set: (scope, to) => rules.edit({ kind: 'set', scope: known(scope), rules: to }),
    addAllowed: (scope, pattern) => rules.edit({ kind: 'add', scope: known(scope), to: 'allow', pattern }),
    reload: () => rules.reload(),
    explain: (scope, call) => rules.judge({ ...worker(scope), ...describedCall(call) }),
  };
}
