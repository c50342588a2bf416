import type { AgentView } from '../../../actors/agents/agent-views.ts';
import { missionWorkerGet, missionWorkerList } from '../../tools/agents.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { table } from '../table.ts';

/** As much of a task as stands in a row. */
const TASK_CHARACTERS = 50;

const shortened = (words: string): string => {
  const line = words.replace(/\s+/g, ' ').trim();
  return line.length > TASK_CHARACTERS ? `${line.slice(0, TASK_CHARACTERS - 1)}…` : line;
};

function rows(workers: readonly AgentView[]): string {
  return table(
    ['NAME', 'ROLE', 'STATUS', 'DOES', 'BRANCH', 'TASK'],
    workers.map(({ repository, name, role, status, state, branch, task }) => [
      `${repository}/${name}`,
      role,
      status,
      state ?? '-',
      branch,
      shortened(task ?? ''),
    ]),
  );
}

async function list({ values }: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const repository = values['repo'];
  const output = missionWorkerList.output.parse(
    await call('mission_worker_list', { ...(repository === undefined ? {} : { repository }) }),
  );
  print(output, () => rows(output.workers));
  return 0;
}

async function show(
  name: string,
  { values }: ParsedCommand,
  { call, print }: CommandContext,
): Promise<number> {
  const repository = values['repo'];
  const output = missionWorkerGet.output.parse(
    await call('mission_worker_get', { name, ...(repository === undefined ? {} : { repository }) }),
  );
  print(output, () =>
    Object.entries(output)
      .map(
        ([key, value]) => `${key.padEnd(12)}${typeof value === 'object' ? JSON.stringify(value) : value}\n`,
      )
      .join(''),
  );
  return 0;
}

export const workers: Command = {
  name: 'workers',
  summary: 'the agents that work on repositories; or one of them',
  usage: '[NAME] [--repo REPOSITORY]',
  options: { repo: { type: 'string', help: 'the repository whose agents are meant' } },
  words: [0, 1],
  run(parsed, context) {
    const [name] = parsed.positionals;
    return name === undefined ? list(parsed, context) : show(name, parsed, context);
  },
};
