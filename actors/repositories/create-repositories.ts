import { access } from 'node:fs/promises';
import path from 'node:path';
import { RepositoryName } from '../../db/ids.ts';
import { RepositoryConfiguration } from '../../db/repository-configuration.ts';
import { within } from '../../services/deadline/within.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import type { RepositoriesOnDisk } from '../../services/repositories/create-repositories.ts';
import type { RepositoryFacts } from '../../services/repositories/look-at-repository.ts';
import { isAddress, nameFrom, requireAddress } from '../../services/repositories/repository-source.ts';
import type { MissionCore } from '../core.ts';
import type { AddRequest, Repositories, WhichRepository } from './api.ts';
import { type RepositoryView, repositoryView } from './repository-view.ts';

/** Looking at a folder takes milliseconds; its remote and GitHub have limits of their own. */
const LOOKS_WITHIN_MS = 60_000;

export interface RepositoriesDependencies {
  readonly core: Pick<MissionCore, 'repositories' | 'now'>;
  readonly disk: RepositoriesOnDisk;
  /** The agents that work on it, by name. */
  readonly agentsOf: (name: RepositoryName) => readonly string[];
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

async function problemOf({ name, path: folder, isOurs, url }: RepositoryRow): Promise<string | null> {
  try {
    await access(folder);
    return null;
  } catch (error) {
    const remedy = isOurs
      ? `missiond repo remove ${name}, then missiond repo add ${url ?? 'ADDRESS'} ${name}`
      : `missiond repo remove ${name}, then missiond repo add WHERE ${name}`;
    const why =
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? '' : ` (${String(error)})`;
    return `${folder} is not there${why}. Bring its disk back; when it was moved or deleted: ${remedy}.`;
  }
}

/** What people, orchestrators and other parts of the mission do with repositories. */
export function createRepositories({ core, disk, agentsOf, signal }: RepositoriesDependencies): Omit<
  Repositories,
  'cleanUp' | 'overlaps' | 'allOverlaps' | 'rescues' | 'showRescue' | 'dropRescue'
> & {
  /** Finishes what a killed daemon has left behind. */
  readonly tidy: () => Promise<void>;
} {
  const { repositories: ledger, now } = core;
  const beingAdded = new Set<RepositoryName>();

  const viewOf = async (row: RepositoryRow): Promise<RepositoryView> =>
    repositoryView(row, await problemOf(row));

  function unknown(message: string): MissionError {
    const names = ledger.list().map(({ name }) => name);
    return new MissionError('repository_unknown', message, {
      remedy:
        names.length === 0
          ? 'Add one: missiond repo add WHERE.'
          : `There is: ${names.join(', ')}. Name one (--repo NAME), or choose one: missiond repo use NAME.`,
    });
  }

  function named(name: string): RepositoryRow {
    const parsed = RepositoryName.safeParse(name);
    const row = parsed.success ? ledger.get(parsed.data) : undefined;
    if (row === undefined) throw unknown(`There is no repository "${name}".`);
    return row;
  }

  function requireFree(name: RepositoryName, source: string): void {
    const there = ledger.get(name);
    if (there === undefined && !beingAdded.has(name)) return;
    throw new MissionError(
      'repository_refused',
      there === undefined ? `${name} is being added now.` : `${name} is the name of ${there.path} already.`,
      { remedy: `Give another name: missiond repo add ${source} NAME.` },
    );
  }

  function store(name: RepositoryName, facts: RepositoryFacts, isOurs: boolean, url: string | null): void {
    const { notes: _, ...row } = facts;
    ledger.insert({
      ...row,
      name,
      isOurs,
      url: url ?? facts.url,
      configuration: RepositoryConfiguration.parse({}),
      createdAt: now(),
    });
    if (ledger.current() === undefined && ledger.list().length === 1) ledger.use(name);
  }

  async function addFolder({ source, name }: AddRequest, call: AbortSignal) {
    const facts = await disk.look(source, call);
    const there = ledger.byGitFolder(facts.gitFolder);
    if (there !== undefined) {
      if (name !== undefined && name !== there.name)
        throw new MissionError('repository_refused', `${there.path} is ${there.name} already.`, {
          remedy: `Use that name, or: missiond repo remove ${there.name}.`,
        });
      return { row: there, added: false, notes: [] };
    }
    const chosen = name ?? nameFrom(facts.path);
    requireFree(chosen, source);
    store(chosen, facts, false, null);
    return { row: named(chosen), added: true, notes: facts.notes };
  }

  async function addAddress(
    { source, name, timeoutMs }: AddRequest,
    call: AbortSignal,
    progress: (words: string) => void,
  ) {
    requireAddress(source);
    const chosen = name ?? nameFrom(source);
    requireFree(chosen, source);
    beingAdded.add(chosen);
    try {
      let isStored = false;
      const made = (facts: RepositoryFacts): void => {
        store(chosen, facts, true, source);
        isStored = true;
      };
      const cloning = { url: source, name: chosen, withinMs: timeoutMs, progress };
      const facts = await disk.clone(cloning, made, call).catch((error: unknown) => {
        if (isStored) ledger.remove(chosen, now());
        throw error;
      });
      return { row: named(chosen), added: true, notes: facts.notes };
    } finally {
      beingAdded.delete(chosen);
    }
  }

  async function resolve({ repository, cwd }: WhichRepository, call: AbortSignal): Promise<RepositoryRow> {
    if (repository !== undefined) return named(repository);
    const around = cwd === undefined || !path.isAbsolute(cwd) ? [] : await disk.around(cwd, call);
    for (const gitFolder of around) {
      const row = ledger.byGitFolder(gitFolder);
      if (row !== undefined) return row;
    }
    const current = ledger.current();
    if (current === undefined) throw unknown('Nothing says which repository is meant.');
    return current;
  }

  async function problemless(row: RepositoryRow): Promise<RepositoryRow> {
    const problem = await problemOf(row);
    if (problem !== null) throw new MissionError('repository_failed', problem);
    return row;
  }

  function requireUnused(name: RepositoryName): void {
    const agents = agentsOf(name);
    if (agents.length > 0)
      throw new MissionError('repository_in_use', `These work on ${name}: ${agents.join(', ')}.`, {
        remedy: `missiond workers --repo ${name} lists them, those whose work is done as well. End each with missiond worker land NAME, or missiond worker discard NAME, which saves what it has.`,
      });
  }

  return {
    tidy: () => disk.tidy(new Set(ledger.list().map(({ name }) => name))),

    async add(request, { signal: caller, progress }) {
      const { source } = request;
      const isPath = path.isAbsolute(source);
      if (!isPath && !isAddress(source))
        throw new MissionError('repository_refused', 'This is neither an absolute path nor an address.', {
          remedy: 'Give the whole path of a folder, or an address such as https://host/owner/name.git.',
        });
      const { row, added, notes } = isPath
        ? await addFolder(request, within(LOOKS_WITHIN_MS, signal, caller))
        : await addAddress(request, AbortSignal.any([signal, caller]), progress);
      return { repository: await viewOf(named(row.name)), added, notes };
    },

    list: () => Promise.all(ledger.list().map(viewOf)),

    get: async (which) => viewOf(await resolve(which, signal)),

    async use(name) {
      const row = name === null ? null : named(name);
      ledger.use(name);
      return row === null ? null : viewOf(named(row.name));
    },

    async configure(which, { configuration, defaultBranch }) {
      const row = await resolve(which, signal);
      const before = RepositoryConfiguration.parse(row.configuration);
      const notes: string[] = [];
      if (defaultBranch === null) {
        const { note, ...asked } = await disk.defaultBranch(
          (await problemless(row)).path,
          row.remote,
          signal,
        );
        if (note !== null) notes.push(note);
        ledger.update(row.name, asked);
      } else if (defaultBranch !== undefined) {
        const { path: folder } = await problemless(row);
        if (!(await disk.hasBranch(folder, row.remote, defaultBranch, signal)))
          throw new MissionError('repository_refused', `${row.name} has no branch "${defaultBranch}".`, {
            remedy: 'Name a branch of it, or one that was fetched from its remote.',
          });
        ledger.update(row.name, { defaultBranch, defaultBranchFrom: 'person' });
      }
      ledger.update(row.name, {
        configuration: RepositoryConfiguration.parse({
          ...before,
          ...configuration,
          mergeQueue: { ...before.mergeQueue, ...configuration?.mergeQueue },
        }),
      });
      return { repository: await viewOf(named(row.name)), notes };
    },

    async remove(name, { deleteClone }) {
      const row = named(name);
      requireUnused(name);
      const problem = await problemOf(row);
      // One that is not where it was cannot be looked at: what lies at its place now may be all that there is of it.
      const deletes = deleteClone && row.isOurs && problem === null;
      if (deletes) {
        const only = await disk.onlyHere(row.path, signal);
        if (only.length > 0)
          throw new MissionError(
            'repository_in_use',
            `${row.path} holds what is nowhere else: ${only.join('; ')}.`,
            {
              remedy: `Push or move it, or leave the clone: missiond repo remove ${name}.`,
            },
          );
      }
      // Some may have been made while git was asked.
      requireUnused(name);
      ledger.remove(name, now());
      if (deletes) await disk.deleteClone(name);
      return {
        repository: repositoryView({ ...row, isCurrent: false }, problem),
        deleted: deletes,
        ...(deletes
          ? {}
          : {
              hint: deleteClone
                ? `${row.path} ${row.isOurs ? 'is not there, and nothing was deleted' : 'is not a clone of ours, and stays'}.`
                : `${row.path} stays as it is. missiond repo add ${row.path} ${name} takes it in again.`,
            }),
      };
    },

    resolve,
  };
}
