import type { AgentView } from '../../../actors/agents/agent-views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { missionWorkerCreate } from '../../tools/agents.ts';
import { roleGet, roleList, roleReset, roleTrust } from '../../tools/roles.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { table } from '../table.ts';

const USAGE = 'list | show ROLE | spawn ROLE [--name NAME] [--task WORDS] | trust ROLE | reset ROLE [--yes]';

function whichOf({ values }: ParsedCommand): { repository?: string; cwd?: string } {
  const { repo } = values;
  return typeof repo === 'string' ? { repository: repo } : { cwd: process.cwd() };
}

async function list(parsed: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const output = roleList.output.parse(await call('mission_role_list', whichOf(parsed)));
  const { roles, problems, waiting } = output;
  print(
    output,
    () =>
      table(
        ['ROLE', 'FROM', 'MODEL', 'LASTS', 'BRANCH', 'DESCRIPTION'],
        roles.map(({ name, source, model, persistence, worktree, description }) => [
          name,
          source,
          model ?? '',
          persistence,
          worktree ? 'yes' : 'no',
          description,
        ]),
      ) +
      waiting
        .map(
          ({ name, file, wants }) =>
            `\n${name} (${file}) waits for your trust: ${wants.join('; ')}\n  missiond roles trust ${name}\n`,
        )
        .join('') +
      problems.map(({ message }) => `\n${message}\n`).join(''),
  );
  return 0;
}

async function show(name: string, parsed: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const output = roleGet.output.parse(await call('mission_role_get', { name, ...whichOf(parsed) }));
  const { role, prompt } = output;
  const rules = (['allow', 'confirm', 'deny'] as const).flatMap((kind) =>
    role.permissions[kind].map((rule) => `  ${kind} ${rule}\n`),
  );
  print(
    output,
    () =>
      `${role.name}: ${role.description}\n${role.file}\n` +
      `${role.tools === undefined ? '' : `tools: ${role.tools.join(', ')}\n`}${rules.join('')}` +
      `${role.waitsForTrust === undefined ? '' : `waits for your trust: ${role.waitsForTrust.join('; ')}\n`}\n${prompt}\n`,
  );
  return 0;
}

async function trust(name: string, parsed: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const { waiting } = roleList.output.parse(await call('mission_role_list', whichOf(parsed)));
  const found = waiting.filter((one) => one.name === name).at(-1);
  if (found === undefined)
    throw new MissionError('role_undefined', `No definition of "${name}" waits to be trusted.`, {
      remedy: 'missiond roles list shows what waits.',
    });
  const { digest, file, wants } = found;
  if (parsed.values['yes'] !== true) {
    print(
      { waiting: found },
      () =>
        `${file}\nwould be given: ${wants.join('; ')}\nRead the file; then: missiond roles trust ${name} --yes\n`,
    );
    return 0;
  }
  const output = roleTrust.output.parse(
    await call('mission_role_trust', { name, digest, ...whichOf(parsed) }),
  );
  print(output, () => `${file} is trusted as it is now.\n`);
  return 0;
}

async function reset(
  name: string,
  { values }: ParsedCommand,
  { call, print }: CommandContext,
): Promise<number> {
  const output = roleReset.output.parse(
    await call('mission_role_reset', { name, perform: values['yes'] === true }),
  );
  const { file, text, backup } = output;
  print(output, () =>
    backup === undefined
      ? `${file}:\n\n${text}\nTo put it aside: missiond roles reset ${name} --yes\n`
      : `${file} is now ${backup}\n`,
  );
  return 0;
}

/** What becomes of an agent that was made, and what a person does next. */
function nextOf({ kind, repository, name, slotId, task }: AgentView): string {
  const watch = `  watch     missiond attach ${slotId}\n`;
  if (task !== undefined) return watch;
  switch (kind) {
    case 'persistent':
      return `It has no session until something waits for it: a message, work. Then it starts by itself, and with the daemon from then on.\n  write     missiond message send ${repository}/${name} "…"\n  or start  missiond restart ${slotId}\n`;
    case 'workspace':
      return `  enter     missiond workspace connect ${name}\n`;
    case 'worker':
    case 'reviewer':
      return `It has no task and waits for one.\n  give it   missiond worker more ${name} "…"\n${watch}`;
  }
}

async function spawn(role: string, parsed: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  // A slip of the pen would be an agent of a role that nobody defines.
  await call('mission_role_get', { name: role, ...whichOf(parsed) });
  const { name, task } = parsed.values;
  const output = missionWorkerCreate.output.parse(
    await call('mission_worker_create', {
      role,
      ...whichOf(parsed),
      ...(name === undefined ? {} : { name }),
      ...(task === undefined ? {} : { task }),
    }),
  );
  const { worker, notes } = output;
  print(
    output,
    () =>
      `${worker.repository}/${worker.name} is a ${role}${worker.branch === undefined ? ' that only reads' : ` on ${worker.branch}`}\n${notes.map((note) => `  ${note}\n`).join('')}${nextOf(worker)}`,
  );
  return 0;
}

export const roles: Command = {
  name: 'roles',
  agents: ['', 'list', 'show'],
  summary: 'what agents can be: list and show roles, trust those of a repository',
  usage: USAGE,
  options: {
    repo: { type: 'string', help: 'of this repository (default: the one you are in, or the current one)' },
    name: { type: 'string', help: 'spawn: its name (drawn when it is left out)' },
    task: { type: 'string', help: 'spawn: what it does' },
    yes: { type: 'boolean', help: 'trust, reset: do it' },
  },
  words: [0, 2],
  async run(parsed, context) {
    const [verb = 'list', name] = parsed.positionals;
    if (verb === 'list' && name === undefined) return list(parsed, context);
    if (verb === 'show' && name !== undefined) return show(name, parsed, context);
    if (verb === 'spawn' && name !== undefined) return spawn(name, parsed, context);
    if (verb === 'trust' && name !== undefined) return trust(name, parsed, context);
    if (verb === 'reset' && name !== undefined) return reset(name, parsed, context);
    throw new MissionError('input_invalid', `missiond roles ${parsed.positionals.join(' ')}?`, {
      remedy: `Usage: missiond roles ${USAGE}`,
    });
  },
};
