import { z } from 'zod';
import { RepositoryView } from '../../actors/repositories/repository-view.ts';
import { RepositoryName } from '../../db/ids.ts';
import { RepositoryConfigurationChange } from '../../db/repository-configuration.ts';
import { operation } from './operation.ts';
import { tellWhile } from './tell-while.ts';

const LONGEST_PATH = 4_096;
const USUAL_CLONE_MS = 30 * 60_000;
const LONGEST_CLONE_MS = 4 * 60 * 60_000;

/** Which repository a call means; for the operations of every domain. */
export const whichRepository = {
  repository: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('A repository, by its name. Else that of `cwd`, else the current one.'),
  cwd: z
    .string()
    .max(LONGEST_PATH)
    .optional()
    .describe('The folder in which the caller stands: a repository, a worktree of it, or below.'),
};

const Looked = z.object({
  repository: RepositoryView,
  notes: z.array(z.string()).describe('What a person should know of it.'),
});

export const repositoryAdd = operation({
  name: 'mission_repo_add',
  title: 'Add a repository',
  description:
    'Lets the team work on a git repository: a folder on this machine, in which nothing is changed, or an address, which is cloned. Its remote is asked for the default branch, and whether it is a fork.',
  input: z.object({
    source: z
      .string()
      .trim()
      .min(1)
      .max(LONGEST_PATH)
      .describe('An absolute path, or an address without a password in it.'),
    name: RepositoryName.optional().describe('Else the last part of where it is.'),
    timeoutMs: z
      .number()
      .int()
      .positive()
      .max(LONGEST_CLONE_MS)
      .default(USUAL_CLONE_MS)
      .describe('Milliseconds that a clone may take.'),
  }),
  output: Looked.extend({ added: z.boolean().describe('False of one that was there already.') }),
  readOnly: false,
  reachesOut: true,
  // What is added may be cloned from anywhere, and has commands that missiond runs.
  forSlots: false,
  async run(request, { mission, signal, progress }) {
    let told = 'git is cloning';
    const call = {
      signal,
      progress(words: string): void {
        told = words;
        progress(words);
      },
    };
    const { notes, ...added } = await tellWhile(
      progress,
      () => told,
      mission.repositories.add(request, call),
    );
    return { ...added, notes: [...notes] };
  },
});

export const repositoryList = operation({
  name: 'mission_repo_list',
  title: 'List repositories',
  description: 'The git repositories that the team works on.',
  input: z.object({}),
  output: z.object({ repositories: z.array(RepositoryView) }),
  readOnly: true,
  run: async (_, { mission }) => ({ repositories: [...(await mission.repositories.list())] }),
});

export const repositoryGet = operation({
  name: 'mission_repo_get',
  title: 'Look at a repository',
  description: 'One repository of the team: the one that is named, else that of `cwd`, else the current one.',
  input: z.object(whichRepository),
  output: RepositoryView,
  readOnly: true,
  run: (which, { mission }) => mission.repositories.get(which),
});

export const repositoryUse = operation({
  name: 'mission_repo_use',
  title: 'Choose the current repository',
  description: 'Says which repository is meant where nothing else says so.',
  input: z.object({ repository: RepositoryName.nullable().describe('Null: none.') }),
  output: z.object({ repository: RepositoryView.nullable() }),
  readOnly: false,
  idempotent: true,
  forSlots: false,
  run: async ({ repository }, { mission }) => ({ repository: await mission.repositories.use(repository) }),
});

export const repositoryConfig = operation({
  name: 'mission_repo_config',
  title: 'Configure a repository',
  description:
    'Changes what is said of a repository, field by field; without a change it shows it. `setup` and `check` are commands that missiond runs.',
  input: z.object({
    ...whichRepository,
    set: RepositoryConfigurationChange.optional().describe('Fields that are left out stay as they are.'),
    defaultBranch: z
      .string()
      .trim()
      .min(1)
      .max(250)
      .nullable()
      .optional()
      .describe('Null: the remote is asked anew.'),
  }),
  output: Looked,
  readOnly: false,
  idempotent: true,
  forSlots: false,
  async run({ set, defaultBranch, ...which }, { mission }) {
    const { repository, notes } = await mission.repositories.configure(which, {
      configuration: set,
      defaultBranch,
    });
    return { repository, notes: [...notes] };
  },
});

export const repositoryRemove = operation({
  name: 'mission_repo_remove',
  title: 'Remove a repository',
  description:
    'Ends the work on a repository that no agent works on any more. Its folder stays; with `deleteClone` a clone of ours is deleted, unless it holds anything that is nowhere else (files that git ignores do not count).',
  input: z.object({ repository: RepositoryName, deleteClone: z.boolean().default(false) }),
  output: z.object({ repository: RepositoryView, deleted: z.boolean(), hint: z.string().optional() }),
  readOnly: false,
  destructive: true,
  idempotent: true,
  forSlots: false,
  run: ({ repository, deleteClone }, { mission }) => mission.repositories.remove(repository, { deleteClone }),
});

export const repositoryOperations = [
  repositoryAdd,
  repositoryList,
  repositoryGet,
  repositoryUse,
  repositoryConfig,
  repositoryRemove,
];
