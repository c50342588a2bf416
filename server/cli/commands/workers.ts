import { missionWorkerGet, missionWorkerHistory, missionWorkerList } from '../../tools/agents.ts';
import { details, REPO, rows, said, shortened, standing } from '../agent-words.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { table } from '../table.ts';

async function history({ values }: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const { repo: repository, search, status } = values;
  const output = missionWorkerHistory.output.parse(
    await call(
      'mission_worker_history',
      said({ repository, search, status: typeof status === 'string' ? status.split(',') : undefined }),
    ),
  );
  print(output, () =>
    table(
      ['NAME', 'STATUS', 'ENDED', 'FILES', 'COST', 'TASK', 'REPORT'],
      output.workers.map(({ repository: of, name, status: is, completion, spent, task }) => [
        `${of}/${name}`,
        standing({ status: is, completion }),
        completion === undefined ? '-' : new Date(completion.at).toISOString().slice(0, 16),
        completion?.changes === undefined ? '-' : String(completion.changes.files),
        `$${spent.usd.toFixed(2)}`,
        shortened(task ?? ''),
        shortened(completion?.failure ?? completion?.summary ?? ''),
      ]),
    ),
  );
  return 0;
}

async function list({ values }: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const output = missionWorkerList.output.parse(
    await call('mission_worker_list', said({ repository: values['repo'] })),
  );
  print(output, () => rows(output.workers));
  return 0;
}

async function show(
  name: string,
  { values }: ParsedCommand,
  { call, print }: CommandContext,
): Promise<number> {
  const output = missionWorkerGet.output.parse(
    await call('mission_worker_get', said({ name, repository: values['repo'] })),
  );
  print(output, () => details(output));
  return 0;
}

export const workers: Command = {
  name: 'workers',
  agents: 'all',
  summary: 'the agents that work on repositories; one of them; or what they have done',
  usage: '[NAME | history [--search WORDS] [--status STATUS,…]] [--repo REPOSITORY]',
  options: {
    repo: REPO,
    search: { type: 'string', help: 'of the history: words in name, branch, task or report' },
    status: { type: 'string', help: 'of the history: active, hibernated, completed, removed' },
  },
  words: [0, 1],
  run(parsed, context) {
    const [name] = parsed.positionals;
    if (name === 'history') return history(parsed, context);
    return name === undefined ? list(parsed, context) : show(name, parsed, context);
  },
};
