import { z } from 'zod';
import { AgentView } from '../../actors/agents/agent-views.ts';
import { RefreshView } from '../../actors/agents/refresh-views.ts';
import { RepositoryName, SlotId } from '../../db/ids.ts';
import { operation } from './operation.ts';

const LONGEST_PATH = 4_096;

const name = z.string().min(1).max(70).describe('Its name, `repository/name`, or the name of its slot.');
const Workers = z.object({ workers: z.array(AgentView) });
/** What only people and orchestrators do. */
const forTeams = { readOnly: false, forSlots: false } as const;

const team = { name: name.optional(), repository: RepositoryName.optional().describe('All of its agents.') };

export const missionHibernate = operation({
  name: 'mission_hibernate',
  title: 'Put agents to sleep',
  description:
    'The sessions of an agent, or of all agents of a repository, end with their turns. Their worktrees stay with everything in them, and nothing starts them before mission_worker_wake.',
  input: z.object(team),
  output: Workers,
  ...forTeams,
  idempotent: true,
  run: (input, { mission, caller }) => ({ workers: [...mission.workers.hibernate(input, caller)] }),
});

export const missionWorkerWake = operation({
  name: 'mission_worker_wake',
  title: 'Wake agents that sleep',
  description:
    'The worktrees of agents that sleep are set up again, and they go on with their conversations. One whose work has ended is named by itself: it may be given more, by mission_submit with its slot.',
  input: z.object(team),
  output: Workers.extend({ notes: z.array(z.string()).describe('Which sleep on, and why.') }),
  ...forTeams,
  idempotent: true,
  async run(input, { mission, signal }) {
    const { workers, notes } = await mission.workers.wake(input, signal);
    return { workers: [...workers], notes: [...notes] };
  },
});

export const missionWorkerRefresh = operation({
  name: 'mission_worker_refresh',
  title: 'Bring agents up to the default branch',
  description:
    'Brings an agent, or all active ones of a repository, up to the default branch as the remote has it now, where they rest and everything is committed. What is pushed or signed is merged, never written anew; work that began elsewhere, as on a release or at a pull request, stays there unless its agent is named; a conflict is taken back whole and given to the agent as a task. Workspaces of people are never touched.',
  input: z.object({
    ...team,
    cwd: z.string().max(LONGEST_PATH).optional().describe('The folder in which the caller stands.'),
  }),
  output: z.object({ agents: z.array(RefreshView), notes: z.array(z.string()) }),
  ...forTeams,
  async run(input, { mission, signal }) {
    const { agents, notes } = await mission.workers.refresh(input, signal);
    return { agents: [...agents], notes: [...notes] };
  },
});

export const missionRepair = operation({
  name: 'mission_repair',
  title: 'Compare the rows of agents with what is there',
  description:
    'What is not as the rows of agents say, and what would mend it; done when `apply` says so. Nothing is deleted.',
  input: z.object({ apply: z.boolean().default(false) }),
  output: z.object({
    findings: z.array(
      z.object({ slotId: SlotId, finding: z.string(), remedy: z.string(), done: z.boolean() }),
    ),
  }),
  ...forTeams,
  idempotent: true,
  run: async (input, { mission, signal }) => ({
    findings: [...(await mission.workers.repair(input, signal))],
  }),
});

export const agentCareOperations = [missionHibernate, missionWorkerWake, missionWorkerRefresh, missionRepair];
