import { createJudge, type Decision } from '../../../services/permissions/decide.ts';
import type { Policy, Rules } from '../../../services/permissions/policy.ts';

function rules(some: Partial<Rules>): Rules {
  return { allow: [], confirm: [], deny: [], ...some };
}

export function policyOf(scopes: {
  readonly slot?: Partial<Rules>;
  readonly role?: Partial<Rules>;
  readonly default?: Partial<Rules>;
}): Policy {
  return {
    default: rules(scopes.default ?? {}),
    roles: { coder: rules(scopes.role ?? {}) },
    slots: { 'coder-1': rules(scopes.slot ?? {}) },
  };
}

/** What a coder in slot coder-1 gets to hear. */
export function ask(policy: Policy, tool: string, input: unknown, cwd = '/work/project'): Decision {
  return createJudge(policy)({ role: 'coder', slotId: 'coder-1', tool, input, cwd });
}

export function askBash(policy: Policy, command: string, cwd?: string): Decision['decision'] {
  return ask(policy, 'Bash', { command }, cwd).decision;
}
