import type { RepositoryName, SlotId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';

/** A repository has as many at once at most as are looked at. */
const MOST_AGENTS = 200;
const SUPERVISOR = 'supervisor';
const MERGE_QUEUE = 'merge-queue';

/** What waits for an agent. Ids alone: the words of others are no part of what missiond says. */
export interface PendingWork {
  /** The same for the same work. */
  readonly key: string;
  /** For the agent, one clause each. */
  readonly words: readonly string[];
}

/** What waits for the merge queue of a repository. */
export type MergeRequests = (repository: RepositoryName) => readonly { readonly id: number }[];

interface Item {
  readonly key: string;
  readonly words: string;
}

function cardsOf(core: Pick<MissionCore, 'board'>, slotId: SlotId): readonly Item[] {
  return core.board
    .claimedBySlot(slotId)
    .map(({ id }) => ({ key: `card ${id}`, words: `the board task ${id} is yours and not finished` }));
}

/** The work that an agent was made for and has not said to be done. */
function ownWork(core: Pick<MissionCore, 'agents' | 'tasks'>, slotId: SlotId): readonly Item[] {
  const agent = core.agents.get(slotId);
  if (agent === undefined || agent.status !== 'active' || agent.taskId === null) return [];
  if (agent.kind === 'workspace' || agent.completion !== null) return [];
  // It has asked something, and goes on when it is answered.
  if (core.tasks.get(agent.taskId)?.status === 'waiting') return [];
  return [{ key: `task ${agent.taskId}`, words: 'the work that you were made for is not reported as done' }];
}

/** Agents that wait for an answer or have ended their work, for who keeps the team going. */
function teamOf(core: Pick<MissionCore, 'agents' | 'runtimes' | 'view'>, slotId: SlotId): readonly Item[] {
  const agent = core.agents.get(slotId);
  if (agent?.role !== SUPERVISOR) return [];
  return core.agents
    .list({ repository: agent.repository, statuses: ['active', 'completed'], limit: MOST_AGENTS })
    .filter((other) => other.slotId !== slotId && other.kind !== 'workspace')
    .flatMap((other): readonly Item[] => {
      if (other.status === 'completed')
        return [{ key: `completed ${other.slotId}`, words: `${other.slotId} has completed its work` }];
      const question = core.runtimes.has(other.slotId)
        ? core.view(other.slotId).pendingConfirmation
        : undefined;
      return question === undefined
        ? []
        : [{ key: `asks ${question.id}`, words: `${other.slotId} waits for an answer` }];
    });
}

/** What others have asked the merge queue of their repository for. */
function requestsOf(
  core: Pick<MissionCore, 'agents'>,
  slotId: SlotId,
  mergeRequests: MergeRequests,
): readonly Item[] {
  const agent = core.agents.get(slotId);
  if (agent?.role !== MERGE_QUEUE) return [];
  return mergeRequests(agent.repository).map(({ id }) => ({
    key: `merge ${id}`,
    words: `the merge request ${id} waits (mission_merge_queue)`,
  }));
}

/** What waits for an agent; null when nothing does. */
export function pendingWorkOf(
  core: Pick<MissionCore, 'agents' | 'board' | 'runtimes' | 'tasks' | 'view'>,
  slotId: SlotId,
  mergeRequests: MergeRequests,
  /** Messages of which it was given the beginning alone. */
  unreadRests: readonly string[],
): PendingWork | null {
  const items = [
    ...unreadRests.map((id) => ({
      key: `message ${id}`,
      words: `the message ${id} goes on, and you have not read on`,
    })),
    ...cardsOf(core, slotId),
    ...ownWork(core, slotId),
    ...requestsOf(core, slotId, mergeRequests),
    ...teamOf(core, slotId),
  ];
  if (items.length === 0) return null;
  return { key: items.map(({ key }) => key).join('; '), words: items.map(({ words }) => words) };
}
