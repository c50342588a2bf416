import { z } from 'zod';
import { RoleView, WaitingView } from '../../actors/roles/views.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { type CallContext, operation } from './operation.ts';
import { whichRepository } from './repositories.ts';

const name = z.string().min(1).max(64).describe('The name of a role.');

/** @throws MissionError `person_only` */
function requirePerson({ isPerson }: CallContext, what: string): void {
  if (isPerson) return;
  throw new MissionError('person_only', `Only a person ${what}.`, {
    remedy: 'At the command line: missiond roles.',
  });
}

export const roleList = operation({
  name: 'mission_role_list',
  title: 'List roles',
  description:
    'The roles that agents can have, of this home and of a repository, what is wrong with files that define some, and definitions of the repository that wait for a person to trust them.',
  input: z.object(whichRepository),
  output: z.object({
    roles: z.array(RoleView),
    problems: z.array(z.object({ file: z.string(), message: z.string() })),
    waiting: z.array(WaitingView),
  }),
  readOnly: true,
  async run(which, { mission }) {
    const { roles, problems, waiting } = await mission.roles.list(which);
    return { roles: [...roles], problems: [...problems], waiting: [...waiting] };
  },
});

export const roleGet = operation({
  name: 'mission_role_get',
  title: 'Look at a role',
  description: 'One role: what it may do, where it is defined, and what its agents are told.',
  input: z.object({ name, ...whichRepository }),
  output: z.object({ role: RoleView, prompt: z.string() }),
  readOnly: true,
  run: ({ name: role, ...which }, { mission }) => mission.roles.get(role, which),
});

export const roleTrust = operation({
  name: 'mission_role_trust',
  title: 'Trust a definition of a repository',
  description:
    'A person agrees to a definition of a role that a repository holds: to the very text of this digest. Then it may allow what it says.',
  input: z.object({
    name,
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    ...whichRepository,
  }),
  output: z.object({ trusted: WaitingView }),
  readOnly: false,
  idempotent: true,
  access: 'owner',
  async run({ name: role, digest, ...which }, context) {
    requirePerson(context, 'trusts a definition');
    return { trusted: await context.mission.roles.trust(role, digest, which) };
  },
});

export const roleReset = operation({
  name: 'mission_role_reset',
  title: 'Put aside a definition of your own',
  description:
    "Shows the person's own definition of a role; with `perform` it is put aside as a backup, and the one that comes with missiond counts again.",
  input: z.object({ name, perform: z.boolean().default(false) }),
  output: z.object({ file: z.string(), text: z.string(), backup: z.string().optional() }),
  readOnly: false,
  destructive: true,
  idempotent: true,
  access: 'owner',
  run({ name: role, perform }, context) {
    requirePerson(context, 'resets a definition');
    return context.mission.roles.reset(role, { perform });
  },
});

export const roleOperations = [roleList, roleGet, roleTrust, roleReset];
