import path from 'node:path';
import { RepositoryView } from '../../../actors/repositories/repository-view.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { isAddress } from '../../../services/repositories/repository-source.ts';
import {
  repositoryAdd,
  repositoryConfig,
  repositoryList,
  repositoryRemove,
  repositoryUse,
} from '../../tools/repositories.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { table } from '../table.ts';
import { configurationOf } from './repo-settings.ts';

const USAGE =
  'add WHERE [NAME] | list | current | use NAME | unset | config [NAME] [FIELD=VALUE…] | remove NAME';

const saidOf = (notes: readonly string[]): string => notes.map((note) => `  ${note}\n`).join('');

/** Which repository is meant: by --repo, else by the folder in which the command is called. */
export function whichOf({ values }: ParsedCommand): { repository?: string; cwd?: string } {
  const { repo: name } = values;
  return typeof name === 'string' ? { repository: name } : { cwd: process.cwd() };
}

async function add([source = '', name]: readonly string[], { call, print }: CommandContext): Promise<number> {
  const where = isAddress(source) ? source : path.resolve(source);
  const output = repositoryAdd.output.parse(
    await call('mission_repo_add', { source: where, ...(name === undefined ? {} : { name }) }),
  );
  const { repository, added, notes } = output;
  print(
    output,
    () =>
      `${repository.name} is ${added ? 'added' : 'there already'}: ${repository.path}${repository.defaultBranch === null ? '' : ` (${repository.defaultBranch})`}\n${saidOf(notes)}`,
  );
  return 0;
}

async function list({ call, print }: CommandContext): Promise<number> {
  const output = repositoryList.output.parse(await call('mission_repo_list'));
  print(output, () =>
    table(
      ['', 'NAME', 'BRANCH', 'REMOTE', 'FORK OF', 'PATH'],
      output.repositories.map((row) => [
        row.isCurrent ? '*' : '',
        row.name,
        row.defaultBranch ?? '-',
        row.url ?? '-',
        row.isFork ? (row.upstreamUrl ?? '?') : '',
        row.problem ?? row.path,
      ]),
    ),
  );
  return 0;
}

async function current(parsed: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const output = RepositoryView.parse(await call('mission_repo_get', whichOf(parsed)));
  print(output, () => `${output.name}\n`);
  return 0;
}

async function use(repository: string | null, { call, print }: CommandContext): Promise<number> {
  const output = repositoryUse.output.parse(await call('mission_repo_use', { repository }));
  print(output, () =>
    output.repository === null ? 'No repository is meant by itself.\n' : `${output.repository.name}\n`,
  );
  return 0;
}

async function config(
  words: readonly string[],
  parsed: ParsedCommand,
  { call, print }: CommandContext,
): Promise<number> {
  const [first] = words;
  const isName = first !== undefined && !first.includes('=');
  const which = isName ? { repository: first } : whichOf(parsed);
  const output = repositoryConfig.output.parse(
    await call('mission_repo_config', { ...which, ...configurationOf(isName ? words.slice(1) : words) }),
  );
  const { repository, notes } = output;
  const { mergeQueue, ...fields } = repository.configuration;
  const rows = Object.entries({
    path: repository.path,
    remote: repository.remote,
    defaultBranch: repository.defaultBranch,
    ...fields,
    'mergeQueue.enabled': mergeQueue.enabled,
    'mergeQueue.track': mergeQueue.track,
  }).map(([field, value]) => [field, Array.isArray(value) ? value.join(',') : String(value ?? '-')]);
  print(output, () => table(['FIELD', repository.name], rows) + saidOf(notes));
  return 0;
}

async function remove(
  repository: string,
  { values }: ParsedCommand,
  { call, print }: CommandContext,
): Promise<number> {
  const deleteClone = values['delete-clone'] === true;
  const output = repositoryRemove.output.parse(
    await call('mission_repo_remove', { repository, deleteClone }),
  );
  print(output, () => `${repository} is removed.${output.hint === undefined ? '' : ` ${output.hint}`}\n`);
  return 0;
}

export const repo: Command = {
  name: 'repo',
  agents: ['list', 'current'],
  summary: 'the git repositories that the team works on',
  usage: USAGE,
  options: {
    repo: { type: 'string', help: 'which one; else that of this folder, else the current one' },
    'delete-clone': { type: 'boolean', help: 'remove: the clone, too, if nothing in it is only there' },
  },
  words: [1, Number.POSITIVE_INFINITY],
  async run(parsed, context) {
    const [verb, ...words] = parsed.positionals;
    const [name] = words;
    const only = words.length === 1 ? name : undefined;
    if (verb === 'add' && (words.length === 1 || words.length === 2)) return add(words, context);
    if (verb === 'list' && words.length === 0) return list(context);
    if (verb === 'current' && words.length === 0) return current(parsed, context);
    if (verb === 'use' && only !== undefined) return use(only, context);
    if (verb === 'unset' && words.length === 0) return use(null, context);
    if (verb === 'config') return config(words, parsed, context);
    if (verb === 'remove' && only !== undefined) return remove(only, parsed, context);
    throw new MissionError(
      'input_invalid',
      `missiond repo does not understand "${parsed.positionals.join(' ')}".`,
      { remedy: `Usage: missiond repo ${USAGE}` },
    );
  },
};
