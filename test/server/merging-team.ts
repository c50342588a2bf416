import path from 'node:path';
import { vi } from 'vitest';
import { AgentName, RepositoryName, Role, SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { RepositoryConfiguration } from '../../db/repository-configuration.ts';
import { agents } from '../../db/schema/agents.ts';
import { repositories } from '../../db/schema/repositories.ts';
import type { createRealRepository } from '../services/worktrees/real-repository.ts';
import { openDoors } from './open-doors.ts';

export type Person = ReturnType<typeof createRealRepository>;
export const repository = RepositoryName.parse('app');

/** A repository of that person as a daemon has stored it. */
export function seedRepository(
  db: MissionDatabase,
  person: Person,
  remote: string | null,
  configuration: object = {},
  name = repository,
): void {
  db.insert(repositories)
    .values({
      name,
      path: person.folder,
      gitFolder: path.join(person.folder, '.git'),
      isOurs: false,
      remote,
      defaultBranch: 'trunk',
      defaultBranchFrom: 'person',
      isFork: false,
      configuration: RepositoryConfiguration.parse({ check: 'true', ...configuration }),
      createdAt: 1,
    })
    .run();
}

/** An agent with a worktree and a branch of its own. */
function seedAgent(db: MissionDatabase, person: Person, name: string, role: string): string {
  const branch = `work/${name}`;
  const worktree = path.join(person.directory, 'trees', name);
  person.git(['worktree', 'add', '--quiet', '-b', branch, worktree, 'trunk']);
  db.insert(agents)
    .values({
      slotId: SlotId.parse(`app.${name}`),
      repository,
      name: AgentName.parse(name),
      role: Role.parse(role),
      kind: role === 'worker' ? 'worker' : 'persistent',
      status: 'active',
      branch,
      ownsBranch: true,
      base: person.git(['rev-parse', 'trunk']),
      gitFolder: path.join(person.folder, '.git'),
      worktree,
      createdBy: 'person',
      createdAt: 1,
    })
    .run();
  return worktree;
}

export function commitIn(person: Person, worktree: string, file: string): string {
  person.write(file, 'x\n', worktree);
  person.git(['add', '.'], worktree);
  person.git(['commit', '--quiet', '-m', `Write ${file}`], worktree);
  return person.git(['rev-parse', 'HEAD'], worktree);
}

const TEAM = [
  ['red-fox', 'worker'],
  ['calm-owl', 'reviewer'],
  ['queue', 'merge-queue'],
  ['boss', 'supervisor'],
] as const;

/** A worker, a reviewer, a merge queue and a supervisor of one repository, and what they are answered. */
export async function openTeam(
  person: Person,
  {
    seed,
    without = [],
    more = [],
    path: programs,
    ...configuration
  }: {
    readonly seed?: (db: MissionDatabase) => void;
    readonly without?: readonly string[];
    /** Further agents, with their roles. */
    readonly more?: readonly (readonly [name: string, role: string])[];
    /** Where programs are looked for. */
    readonly path?: string;
    readonly check?: string;
    readonly mergeQueue?: object;
    readonly protectedBranches?: readonly string[];
  } = {},
) {
  const trees = new Map<string, string>();
  const open = await openDoors({
    protects: true,
    ...(programs === undefined ? {} : { path: programs }),
    seed(db) {
      seedRepository(db, person, null, configuration);
      for (const [name, role] of [...TEAM, ...more])
        if (!without.includes(role)) trees.set(name, seedAgent(db, person, name, role));
      seed?.(db);
    },
  });
  person.git(['switch', '--quiet', '--detach']);
  return {
    open,
    tree: trees.get('red-fox') ?? '',
    /** What the agent of that name is answered. */
    async asks(name: string, tool: string, body: object = {}) {
      const slotId = SlotId.parse(`app.${name}`);
      await open.client.spawn({ slotId }).catch(() => {});
      // Mail may have begun to start it: its door is there a moment later.
      const { token } = await vi.waitFor(() => open.doorOf(slotId), { timeout: 30_000 });
      const reply = await open.tcp({
        method: 'POST',
        path: `/api/tools/${tool}`,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      });
      return { status: reply.status, body: reply.body };
    },
  };
}
