import { z } from 'zod';
import type { RuleScope } from '../../actors/mission/permission-operations.ts';
import { Role, SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { Pattern, RulesSchema } from '../../services/permissions/policy.ts';
import { operation } from './operation.ts';

const patterns = z.array(z.string());
const RulesView = z.object({ allow: patterns, confirm: patterns, deny: patterns });
const rule = RulesSchema.describe(
  'allow, confirm and deny: lists of patterns. auto_allow and require_confirm are taken, too.',
);

/** @throws MissionError `input_invalid` unless exactly one is named */
function scopeOf({
  role,
  slotId,
}: {
  readonly role?: Role | undefined;
  readonly slotId?: SlotId | undefined;
}): RuleScope {
  if (role !== undefined && slotId === undefined) return { role };
  if (slotId !== undefined && role === undefined) return { slotId };
  throw new MissionError('input_invalid', 'Give a role or a slotId, and not both.');
}

export const permissionGet = operation({
  name: 'mission_permission_get',
  title: 'See the permissions',
  description:
    'The rules that are in force: of all, of roles and of slots. Deny wins over confirm over allow. `problem` says why permissions.yaml as it stands is not in force.',
  input: z.object({}),
  output: z.object({
    default: RulesView,
    roles: z.record(z.string(), RulesView),
    slots: z.record(z.string(), RulesView),
    problem: z.string().optional(),
  }),
  readOnly: true,
  run: (_, { mission }) => {
    const { default: general, roles, slots, problem } = mission.permissions.get();
    return {
      default: general,
      roles: { ...roles },
      slots: { ...slots },
      ...(problem === undefined ? {} : { problem }),
    };
  },
});

export const permissionSetRole = operation({
  name: 'mission_permission_set_role',
  title: 'Set the permissions of a role',
  description:
    'Replaces the rules of a role in permissions.yaml; comments of the file stay. They hold for the next tool call.',
  input: z.object({ role: Role, rule }),
  output: z.object({ success: z.boolean(), role: Role, rule: RulesView }),
  readOnly: false,
  destructive: true,
  idempotent: true,
  access: 'owner',
  run({ role, rule: rules }, { mission, caller }) {
    mission.permissions.set({ role }, rules, caller);
    return { success: true, role, rule: rules };
  },
});

export const permissionSetSlot = operation({
  name: 'mission_permission_set_slot',
  title: 'Set the permissions of a slot',
  description:
    'Replaces the rules of a slot in permissions.yaml; those of its role and of all hold beside them. Comments of the file stay.',
  input: z.object({ slotId: SlotId, rule }),
  output: z.object({ success: z.boolean(), slotId: SlotId, rule: RulesView }),
  readOnly: false,
  destructive: true,
  idempotent: true,
  access: 'owner',
  run({ slotId, rule: rules }, { mission, caller }) {
    mission.permissions.set({ slotId }, rules, caller);
    return { success: true, slotId, rule: rules };
  },
});

export const permissionAddAutoAllow = operation({
  name: 'mission_permission_add_auto_allow',
  title: 'Allow a pattern',
  description:
    'Adds one pattern, such as `Bash(npm test*)`, to what a role or a slot may do without being asked.',
  input: z.object({ pattern: Pattern, role: Role.optional(), slotId: SlotId.optional() }),
  output: z.object({ success: z.boolean(), pattern: z.string() }),
  readOnly: false,
  idempotent: true,
  access: 'owner',
  run({ pattern, ...scope }, { mission, caller }) {
    mission.permissions.addAllowed(scopeOf(scope), pattern, caller);
    return { success: true, pattern };
  },
});

export const permissionReload = operation({
  name: 'mission_permission_reload',
  title: 'Read permissions.yaml again',
  description:
    'Reads the file at once (it is followed anyway) and what repositories protect. When it has an error, the last good rules stay and the error says where it is.',
  input: z.object({}),
  output: z.object({ success: z.boolean() }),
  readOnly: false,
  idempotent: true,
  access: 'owner',
  run(_, { mission, caller }) {
    mission.permissions.reload(caller);
    return { success: true };
  },
});

export const permissionExplain = operation({
  name: 'mission_permission_explain',
  title: 'Explain a permission',
  description:
    'What would happen if an agent of a role or in a slot made this tool call, and which rule says so. Nothing is run.',
  input: z.object({
    call: z.string().min(1).describe('As `Bash(git push --force)`, `Edit(src/a.ts)`, `WebFetch(https://…)`.'),
    role: Role.optional(),
    slotId: SlotId.optional(),
  }),
  output: z.object({
    decision: z.enum(['allow', 'confirm', 'deny']),
    rule: z.string(),
    argument: z.string(),
    personOnly: z.boolean().describe('No agent may answer this, an orchestrating one neither.'),
  }),
  readOnly: true,
  run({ call, ...scope }, { mission }) {
    const { decision, rule: why, argument, personOnly } = mission.permissions.explain(scopeOf(scope), call);
    return { decision, rule: why, argument, personOnly };
  },
});

export const permissionOperations = [
  permissionGet,
  permissionSetRole,
  permissionSetSlot,
  permissionAddAutoAllow,
  permissionReload,
  permissionExplain,
];
