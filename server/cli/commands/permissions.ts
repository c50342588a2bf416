import { existsSync } from 'node:fs';
import { z } from 'zod';
import { readEnvironment } from '../../../services/config/environment.ts';
import { ListenSchema } from '../../../services/config/listen.ts';
import { ProtectSchema } from '../../../services/config/protect.ts';
import { loadSlots, type SlotsFile } from '../../../services/config/slots-file.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import type { Decision } from '../../../services/permissions/decide.ts';
import { describedCall } from '../../../services/permissions/described-call.ts';
import type { PermissionStore } from '../../../services/permissions/permission-store.ts';
import { readRoles } from '../../../services/roles/read-roles.ts';
import type { RoleDefinition } from '../../../services/roles/resolve-roles.ts';
import { openHomePermissions, permissionsFile } from '../../home-permissions.ts';
import { permissionExplain } from '../../tools/permissions.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { askOfSlot } from '../slot-named.ts';

type Slots = Pick<SlotsFile, 'slots' | 'protect' | 'roles' | 'listen'>;

type Explained = Pick<Decision, 'decision' | 'rule' | 'personOnly'>;

/** A home without slots.yaml has its permissions all the same. */
const NO_SLOTS: Slots = {
  slots: [],
  roles: {},
  protect: ProtectSchema.parse({}),
  listen: ListenSchema.parse({}),
};

/** The rules as the files say them, whether a daemon runs or not. */
async function rulesOf({
  home,
  env,
}: CommandContext): Promise<{ readonly rules: PermissionStore; readonly file: Slots }> {
  // It knows every command, this one too.
  const { agentsCommands } = await import('../agents-commands.ts');
  const { slotsFile, databaseFile } = readEnvironment(env, home);
  const file = existsSync(slotsFile) ? loadSlots(slotsFile) : NO_SLOTS;
  return {
    rules: openHomePermissions({ home, databaseFile, slotsFile, file, ownCommands: agentsCommands }),
    file,
  };
}

function wordOf({ values }: ParsedCommand, option: string): string | undefined {
  return z.string().optional().parse(values[option]);
}

const told = ({ decision, rule, personOnly }: Explained): string =>
  `${decision}: ${rule}${personOnly ? ' (only a person may allow it)' : ''}\n`;

async function explainAgents(call: string, name: string, context: CommandContext): Promise<number> {
  const output = permissionExplain.output.parse(
    await askOfSlot(name, (slotId) => context.call('mission_permission_explain', { call, slotId }), context),
  );
  context.print(output, () => told(output));
  return 0;
}

/** What the definition of a role says that no slot of slots.yaml has. */
function definitionOf(role: string, { home }: CommandContext): RoleDefinition | undefined {
  return readRoles({ home, repositoryPath: null }).roles.get(role);
}

async function explainCall(call: string, parsed: ParsedCommand, context: CommandContext): Promise<number> {
  const { rules, file } = await rulesOf(context);
  const slotId = wordOf(parsed, 'slot');
  const slot = file.slots.find(({ id }) => id === slotId);
  // An agent that was made while the daemon ran: the daemon knows of it.
  if (slotId !== undefined && slot === undefined) return explainAgents(call, slotId, context);
  const role = wordOf(parsed, 'role') ?? slot?.role;
  if (role === undefined) {
    throw new MissionError('input_invalid', 'missiond permissions explain: whose permissions?', {
      remedy: 'Add --role ROLE or --slot SLOT.',
    });
  }
  const works = slot ?? file.slots.find((one) => one.role === role);
  const cwd = wordOf(parsed, 'cwd') ?? works?.cwd ?? process.cwd();
  const { decision, rule, personOnly } = rules.judge({
    role,
    slotId: slotId ?? '',
    cwd,
    definition: works === undefined ? definitionOf(role, context) : undefined,
    ...describedCall(call),
  });
  const found = { decision, rule, personOnly };
  context.print(found, () => told(found));
  return 0;
}

export const permissions: Command = {
  name: 'permissions',
  agents: ['explain', 'check'],
  summary: 'what agents may do: explain a call, check the file, let the daemon read it',
  usage: "explain 'TOOL(ARGUMENT)' --role ROLE | check | reload",
  options: {
    role: { type: 'string', help: 'explain: for an agent of this role' },
    slot: { type: 'string', help: 'explain: for the agent in this slot' },
    cwd: { type: 'string', help: 'explain: the folder it works in (default: that of the slot)' },
  },
  words: [1, 2],
  async run(parsed, context) {
    const [what, call] = parsed.positionals;
    if (what === 'explain' && call !== undefined) return explainCall(call, parsed, context);
    if (what === 'check' && call === undefined) {
      await rulesOf(context);
      const file = permissionsFile(context.home);
      context.print({ ok: true, file }, () => `${file} is right\n`);
      return 0;
    }
    if (what === 'reload' && call === undefined) {
      const output = await context.call('mission_permission_reload');
      context.print(output, () => 'read\n');
      return 0;
    }
    throw new MissionError('input_invalid', `missiond permissions: ${parsed.positionals.join(' ')}?`, {
      remedy: `Usage: missiond permissions ${permissions.usage}`,
    });
  },
};
