import { z } from 'zod';
import { AgentStatus, AgentView } from '../../actors/agents/agent-views.ts';
import { RepositoryName } from '../../db/ids.ts';
import { operation } from './operation.ts';

const MOST_LISTED = 200;
const AN_AGENT = 'Its name, `repository/name`, or the name of its slot.';

/** The agent that is meant. */
const agentName = z.string().min(1).max(70).describe(AN_AGENT);
const repositoryName = RepositoryName.describe('The repository; the current one is preferred without it.');

export const missionWorkerList = operation({
  name: 'mission_worker_list',
  title: 'List agents of teams',
  description:
    'The agents that were made for repositories, newest first, with branch, worktree, task and what they do. Those whose worktree is gone are in mission_worker_history.',
  input: z.object({
    repository: repositoryName.optional(),
    status: z.array(AgentStatus).min(1).optional().describe('All but `removed` when nothing is said.'),
    limit: z.number().int().positive().max(MOST_LISTED).default(50),
  }),
  output: z.object({ workers: z.array(AgentView) }),
  readOnly: true,
  run: ({ status, ...filter }, { mission }) => ({
    workers: [...mission.workers.list({ ...filter, statuses: status })],
  }),
});

export const missionWorkerGet = operation({
  name: 'mission_worker_get',
  title: 'Look at an agent',
  description: 'One agent of a team: branch, worktree, task, what it does, and how its work ended.',
  input: z.object({ name: agentName, repository: repositoryName.optional() }),
  output: AgentView,
  readOnly: true,
  run: ({ name, repository }, { mission }) => mission.workers.get(name, repository),
});

export const agentOperations = [missionWorkerList, missionWorkerGet];
