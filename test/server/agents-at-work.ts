import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { AgentName, RepositoryName, Role, SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { createAgentLedger } from '../../services/ledger/agent-ledger.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

/** Doors with a repository `project`, and agents in it whose slots are the doors' own, so that they can be written to. */
export async function openAgentsAtWork() {
  const person = createRealRepository();
  let database: MissionDatabase | undefined;
  const doors: OpenDoors = await openDoors({
    seed(opened) {
      database = opened;
    },
  });
  if (database === undefined) throw new Error('the doors have no database');
  const agents = createAgentLedger(database);
  await doors.client.repoAdd({ source: person.folder });
  return {
    doors,
    person,
    agents,

    /** The row of an agent at work, with a worktree. */
    agent(slotId: string, name: string, role = 'worker'): string {
      const worktree = path.join(doors.home, 'worktrees', 'project', name);
      mkdirSync(path.dirname(worktree), { recursive: true });
      person.git(['worktree', 'add', '--quiet', '-b', `work/${name}`, worktree]);
      agents.insert({
        slotId: SlotId.parse(slotId),
        repository: RepositoryName.parse('project'),
        name: AgentName.parse(name),
        role: Role.parse(role),
        kind: role === 'reviewer' ? 'reviewer' : 'worker',
        status: 'active',
        branch: `work/${name}`,
        ownsBranch: true,
        base: person.head(),
        gitFolder: path.join(person.folder, '.git'),
        worktree,
        createdBy: 'test',
        createdAt: 1,
      });
      return worktree;
    },

    commit(worktree: string, file: string, text: string): void {
      person.write(file, text, worktree);
      person.git(['add', '.'], worktree);
      person.git(['commit', '--quiet', '-m', file], worktree);
    },

    told: async () =>
      (await doors.client.messageList({})).messages.map(({ to, from, body }) => ({ to, from, body })),

    async close() {
      await doors.close();
      person.close();
    },
  };
}

export type AgentsAtWork = Awaited<ReturnType<typeof openAgentsAtWork>>;
