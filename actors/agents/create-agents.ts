import type { RepositoryName, SlotId } from '../../db/ids.ts';
import { worktreeOf } from '../../services/agents/agent-worktrees.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { Messages } from '../messages/api.ts';
import type { MissionDependencies } from '../mission/mission-dependencies.ts';
import { createRuntimeSlots, type RuntimeSlotsDependencies } from '../mission/runtime-slots.ts';
import { createSlotOperations, type SlotOperationsDependencies } from '../mission/slot-operations.ts';
import type { TaskOperations } from '../mission/task-operations.ts';
import type { Repositories } from '../repositories/api.ts';
import { createRepositoryRounds } from '../repositories/repository-rounds.ts';
import type { AgentHolds } from './agent-holds.ts';
import type { Workers } from './api.ts';
import { createCompleteAgent } from './complete-agent.ts';
import { createEndAgent } from './end-agent.ts';
import { findAgent } from './find-agent.ts';
import { createGiveWork } from './give-work.ts';
import { createHandOverToRole } from './hand-over-to-role.ts';
import { createHibernate } from './hibernate.ts';
import { createMakeAgent } from './make-agent.ts';
import type { RefreshAgents } from './refresh-agents.ts';
import { createRepairAgents } from './repair-agents.ts';
import { createSetUpAgent } from './set-up-agent.ts';
import { showAgent } from './show-agent.ts';
import { createTellCompletion } from './tell-completion.ts';

export interface AgentsDependencies
  extends SlotOperationsDependencies,
    Pick<RuntimeSlotsDependencies, 'written'> {
  readonly dependencies: Pick<MissionDependencies, 'agents' | 'database' | 'redact'>;
  readonly enqueue: TaskOperations['enqueue'];
  readonly holds: AgentHolds;
  readonly refreshing: RefreshAgents;
  /** The repository that a call means. */
  readonly resolve: Repositories['resolve'];
  readonly send: Messages['send'];
  /** Nothing that the agent of the slot has asked needs an answer any more. */
  readonly withdrawQuestions: (slotId: SlotId, why: string) => void;
  readonly report: (where: string) => (error: unknown) => void;
}

/** As many agents as one call puts to sleep or wakes. */
const MOST_AT_ONCE = 1_000;
const ACTIVE = { statuses: ['active'], limit: MOST_AT_ONCE } as const;

/**
 * Slots, those of slots.yaml and those of agents that are made meanwhile. Called before the root is put together: the
 * slots of agents are restored with the others.
 */
export function createAgents({
  written,
  dependencies,
  enqueue,
  resolve,
  send,
  holds,
  withdrawQuestions,
  refreshing,
  report,
  ...rest
}: AgentsDependencies) {
  const { core, signal } = rest;
  const { slotOf, worktrees, roleFacts, setUp } = dependencies.agents;
  const setUpAgent = createSetUpAgent({ core, setUp, redact: dependencies.redact });
  const slotOperations = createSlotOperations(rest);
  const slots = createRuntimeSlots({ ...rest, kill: slotOperations.kill, written });
  const {
    hibernate,
    wake,
    rest: letRest,
  } = createHibernate({
    core,
    db: dependencies.database.db,
    slots,
    slotOfAgent: slotOf,
    setUpAgent,
    holds,
    report: report('the slot of an agent could not be closed'),
    signal,
  });
  const completing = createCompleteAgent({
    core,
    worktrees,
    tell: createTellCompletion({ core, send }),
    closeWhenResting(slotId) {
      const row = core.agents.get(slotId);
      if (row !== undefined) letRest(row, 'missiond');
    },
    redact: dependencies.redact,
    report: report('the end of an agent could not be written down'),
    signal,
  });
  const making = createMakeAgent({
    core,
    db: dependencies.database.db,
    worktrees,
    slots,
    slotOfAgent: slotOf,
    roleFacts,
    enqueue,
    setUpAgent,
    signal,
  });
  const handOverToRole = createHandOverToRole({
    core,
    make: making.make,
    worktrees,
    holds,
    letRest: (row) => letRest(row, 'missiond'),
    redact: dependencies.redact,
  });
  const giveWork = createGiveWork({ core, wake, enqueue });
  const ending = createEndAgent({ core, worktrees, slots, holds });
  const repair = createRepairAgents({
    core,
    worktrees,
    slots,
    slotOfAgent: slotOf,
    setUpAgent,
    takeBackHalfMade: making.takeBackHalfMade,
  });

  /** Those that went to sleep, or were done, in the midst of a turn come to its end first. */
  const inTheirLastTurn: AgentRow[] = [];
  for (const row of core.agents.inStatus('active', 'hibernated', 'completed')) {
    if (core.runtimes.has(row.slotId)) {
      core.logger.error(
        { slotId: row.slotId },
        'a slot of slots.yaml has the name of an agent, which stays away',
      );
      continue;
    }
    if (row.status !== 'active') {
      if (core.tasks.activeOn(row.slotId) === undefined) continue;
      core.closing.add(row.slotId);
      inTheirLastTurn.push(row);
    }
    core.addRuntime(slotOf(row));
  }

  const show = (row: AgentRow) => showAgent(core, row);
  const find = ({ name, repository }: Parameters<Workers['get']>[0]): AgentRow =>
    findAgent(core, name, repository);
  /** @throws MissionError `repository_unknown` */
  function requireKnown(repository: RepositoryName): void {
    if (core.repositories.get(repository) !== undefined) return;
    throw new MissionError('repository_unknown', `The team works on no repository "${repository}".`, {
      remedy: `There are: ${
        core.repositories
          .list()
          .map((row) => row.name)
          .join(', ') || 'none'
      }.`,
    });
  }
  const several = (
    { repository, name }: Parameters<Workers['wake']>[0],
    statuses: readonly AgentRow['status'][],
  ): readonly AgentRow[] => {
    if (name !== undefined) return [find({ name, repository })];
    if (repository === undefined)
      throw new MissionError('input_invalid', 'Neither an agent nor a repository was named.', {
        remedy: 'Name one.',
      });
    requireKnown(repository);
    return core.agents.list({ repository, statuses, limit: MOST_AT_ONCE });
  };

  const workers: Workers = {
    async create(request, call) {
      const repository = await resolve(request.which, call);
      const { row, notes } = await making.make(request, repository, call);
      return { worker: show(row), notes };
    },
    list({ statuses = ['making', 'active', 'hibernated', 'completed'], ...filter }) {
      const found = core.agents.list({ ...filter, statuses });
      // What was done in one that has been removed since is history all the same.
      const { repository } = filter;
      if (
        found.length === 0 &&
        repository !== undefined &&
        core.agents.list({ repository, limit: 1 }).length === 0
      )
        requireKnown(repository);
      return found.map(show);
    },
    get: (which) => show(find(which)),
    ofSlot(slotId: SlotId) {
      const row = core.agents.get(slotId);
      return row === undefined ? undefined : show(row);
    },
    async done(slotId, said) {
      const row = core.agents.get(slotId);
      if (row === undefined)
        throw new MissionError('agent_unknown', `Slot ${slotId} is no agent of a repository.`, {
          remedy: 'Say it with the answer to your task.',
        });
      if (row.status === 'completed' && row.completion?.handedTo !== undefined)
        throw new MissionError('agent_refused', `${row.name} has handed its task over: it is not done.`, {
          remedy: 'End your turn; the agent in your place says when it is.',
        });
      const after = await completing.done(row, said);
      withdrawQuestions(slotId, 'the agent has said that it is done');
      return show(after);
    },
    async handOver(slotId, handOver, call) {
      const row = core.agents.get(slotId);
      if (row === undefined)
        throw new MissionError('agent_unknown', `Slot ${slotId} is no agent of a repository.`, {
          remedy: 'Hand over without a role: a fresh session of yours goes on.',
        });
      return show(await handOverToRole(row, handOver, call));
    },
    async diff(which, offset, call) {
      const row = find(which);
      if (row.status === 'removed')
        throw new MissionError('agent_refused', `The worktree of ${row.name} is gone.`, {
          remedy: row.rescue === null ? 'It held nothing.' : `git -C ${row.gitFolder} show ${row.rescue}`,
        });
      return { worker: show(row), ...(await worktrees.diff(worktreeOf(row), offset, call)) };
    },
    async giveWork(which, work, call) {
      const row = find(which);
      const given = await giveWork(row, work, call);
      return { worker: show(core.agents.get(row.slotId) ?? row), ...given };
    },
    keep: async (which, by) => show(await ending.keep(find(which), by)),
    discard: async (which, by, call) => show(await ending.discard(find(which), by, call)),
    async land(which, { onto, keep, by }, call) {
      const row = find(which);
      const target = onto ?? core.repositories.get(row.repository)?.defaultBranch ?? null;
      if (target === null)
        throw new MissionError(
          'agent_refused',
          `It is not known which branch of ${row.repository} is the default one.`,
          {
            remedy: 'Name the branch: --onto BRANCH.',
          },
        );
      const { row: after, ...landed } = await ending.land(row, { onto: target, keep, by }, call);
      return { worker: show(after), ...landed };
    },
    hibernate: (which, by) => several(which, ['active']).map((row) => show(hibernate(row, by))),
    async wake(which, call) {
      const rows = several(which, ['hibernated']);
      const woken: AgentRow[] = [];
      const notes: string[] = [];
      // One after the other: as many set-ups at once would be no faster.
      for (const row of rows)
        try {
          const done = await wake(row, call);
          woken.push(done.row);
          notes.push(...done.notes.map((note) => `${row.name}: ${note}`));
        } catch (error) {
          // One that cannot be woken keeps no other asleep.
          if (which.name !== undefined || !(error instanceof MissionError) || call.aborted) throw error;
          notes.push(`${row.name} sleeps on: ${error.message}`);
        }
      return { workers: woken.map(show), notes };
    },
    async refresh({ name, ...which }, call) {
      if (name === undefined) {
        const repository = await resolve(which, call);
        return refreshing.refresh(repository, core.agents.list({ ...ACTIVE, repository: repository.name }));
      }
      const row = find({ name, repository: which.repository });
      const repository = core.repositories.get(row.repository);
      if (repository === undefined)
        throw new MissionError('repository_unknown', `The repository of ${row.name} was removed.`);
      return refreshing.refresh(repository, [row], true);
    },
    repair,
  };

  const rounds = createRepositoryRounds({
    core,
    minutes: ({ refreshMinutes }) => refreshMinutes,
    round: (repository) =>
      refreshing.refresh(repository, core.agents.list({ ...ACTIVE, repository: repository.name })),
    first: 'later',
    onError: report('agents could not be brought up to the default branch'),
    signal,
  });
  const watch = {
    start() {
      for (const row of inTheirLastTurn) letRest(row, 'missiond');
      refreshing.endHalfDone().catch(report('what was begun of a refresh could not be ended'));
      making.takeBackHalfMade().catch(report('half-made agents could not be taken back'));
      const stops = [completing.start(), rounds.start()];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
  return { operations: { ...slotOperations, workers }, runtimeSlots: slots, watch };
}
