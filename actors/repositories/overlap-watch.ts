import type { SlotId } from '../../db/ids.ts';
import { RepositoryConfiguration } from '../../db/repository-configuration.ts';
import { editedFile } from '../../services/claude/edited-file.ts';
import type { HookBody } from '../../services/claude/hook-body.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import type { RepositoryCare } from '../../services/worktrees/create-repository-care.ts';
import { fileInWorktree } from '../../services/worktrees/file-in-worktree.ts';
import { createRepositoryTurns } from '../../services/worktrees/repository-turns.ts';
import type { MissionCore } from '../core.ts';
import { type AtWork, byName, createOverlapPairs, type OverlapPairsDependencies } from './overlap-pairs.ts';
import { type OverlapView, overlapView } from './overlap-views.ts';
import { createRepositoryRounds } from './repository-rounds.ts';
import { createTouchMarks } from './touch-marks.ts';

/** Each agent costs git four calls, each pair with files in common one. */
const MOST_AGENTS = 50;
const MOST_PAIRS = 50;

/** What is read of a call that may change a file. */
export interface TouchingCall {
  readonly tool: string;
  readonly input: unknown;
  readonly cwd?: string;
  readonly toolUseId?: string;
}

export interface OverlapWatchDependencies extends OverlapPairsDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'bus' | 'now' | 'repositories'>;
  readonly care: Pick<RepositoryCare, 'touchedIn' | 'conflicts'>;
  readonly onError: (error: unknown) => void;
}

const minutesOf = ({ overlapMinutes }: RepositoryConfiguration): number => overlapMinutes;

/**
 * Sees that agents are at the same files while that is cheap. Every few minutes git is asked what each of them has
 * changed; in between hooks say what they are about to change, which is enough to ask git about those two.
 */
export function createOverlapWatch(dependencies: OverlapWatchDependencies) {
  const { core, ledger, care, onError, signal } = dependencies;
  const pairs = createOverlapPairs(dependencies);
  const marks = createTouchMarks();
  /** What git said last. */
  const seen = new Map<SlotId, ReadonlySet<string>>();
  /** An answer of git that is older than another must not be believed after it. */
  const oneByOne = createRepositoryTurns();
  /** Pairs that will be compared soon. */
  const waiting = new Set<string>();

  function agentsOf(repository: RepositoryRow): readonly AgentRow[] {
    return core.agents
      .list({ repository: repository.name, statuses: ['active'], limit: MOST_AGENTS })
      .filter(
        ({ kind, worktree, branch }) =>
          kind !== 'reviewer' && branch !== null && worktree !== repository.path,
      )
      .toSorted((one, other) => byName(one.slotId, other.slotId));
  }

  async function workOf(repository: RepositoryRow, agent: AgentRow): Promise<AtWork | null> {
    const { unseen, answered } = marks.beforeGit(agent.slotId);
    const touched = await care.touchedIn(repository, agent.worktree, unseen, signal);
    answered();
    if (touched === null) {
      seen.delete(agent.slotId);
      return null;
    }
    seen.set(agent.slotId, touched.files);
    return { agent, ...touched };
  }

  async function workOfAll(repository: RepositoryRow, agents: readonly AgentRow[]) {
    const atWork: AtWork[] = [];
    for (const agent of agents) {
      const work = await workOf(repository, agent);
      if (work !== null) atWork.push(work);
    }
    return atWork;
  }

  /** Compares all agents of a repository now. */
  const look = (repository: RepositoryRow): Promise<readonly OverlapView[]> =>
    oneByOne(repository.gitFolder, async () => {
      rounds.done(repository.name);
      const agents = agentsOf(repository);
      const atWork = await workOfAll(repository, agents);
      let compared = 0;
      for (const [index, one] of atWork.entries())
        for (const other of atWork.slice(index + 1)) {
          if ([...one.files].some((file) => other.files.has(file)) && ++compared > MOST_PAIRS) break;
          await pairs.compare(repository, one, other);
        }
      pairs.endWithout(repository.name, new Set(agents.map(({ slotId }) => slotId)));
      return ledger.open(repository.name).map(overlapView);
    });

  function compareSoon(repository: RepositoryRow, pair: readonly AgentRow[]): void {
    const key = pair.map(({ slotId }) => slotId).join(' ');
    if (waiting.has(key)) return;
    waiting.add(key);
    oneByOne(repository.gitFolder, async () => {
      waiting.delete(key);
      const [one, other] = await workOfAll(repository, pair);
      if (one !== undefined && other !== undefined) await pairs.compare(repository, one, other);
    }).catch((error: unknown) => {
      if (!signal.aborted) onError(error);
    });
  }

  const isAt = (slotId: SlotId, file: string): boolean =>
    marks.has(slotId, file) || seen.get(slotId)?.has(file) === true;

  /** Both were told of the file, and the row says so. */
  function isKnown(one: SlotId, other: SlotId, file: string): boolean {
    const row = ledger.get(one, other);
    return row?.endedAt === null && row.sharedPaths.includes(file);
  }

  function willChange(agent: AgentRow, named: string, { cwd, toolUseId }: TouchingCall): void {
    const repository = core.repositories.get(agent.repository);
    if (repository === undefined || minutesOf(RepositoryConfiguration.parse(repository.configuration)) === 0)
      return;
    const agents = agentsOf(repository);
    if (agents.every(({ slotId }) => slotId !== agent.slotId)) return;
    const file = fileInWorktree(agent.worktree, named, cwd ?? agent.worktree);
    if (file === null) return;
    marks.add(agent.slotId, file, toolUseId);
    for (const other of agents.filter(({ slotId }) => slotId !== agent.slotId && isAt(slotId, file))) {
      const [one, two] = agent.slotId < other.slotId ? [agent, other] : [other, agent];
      if (!isKnown(one.slotId, two.slotId, file)) compareSoon(repository, [one, two]);
    }
  }

  const rounds = createRepositoryRounds({
    core,
    minutes: minutesOf,
    round: look,
    first: 'at once',
    onError,
    signal,
  });

  return {
    look,
    open: ({ name }: RepositoryRow): readonly OverlapView[] => ledger.open(name).map(overlapView),

    /** In all repositories. */
    allOpen: (): readonly OverlapView[] =>
      core.repositories.list().flatMap(({ name }) => ledger.open(name).map(overlapView)),

    /** A tool was not refused, so it begins, or asks. Git is not waited for, and nothing that goes wrong here holds it up. */
    toolBegan(slotId: SlotId, call: TouchingCall): void {
      const named = editedFile(call.tool, call.input);
      if (named === null) return;
      try {
        const agent = core.agents.get(slotId);
        if (agent !== undefined) willChange(agent, named, call);
      } catch (error) {
        onError(error);
      }
    },

    hookHeard(slotId: SlotId, hook: HookBody): void {
      switch (hook.name) {
        case 'PostToolUse':
        case 'PostToolUseFailure':
          return marks.ended(slotId, hook.toolUseId);
        // An interrupted tool has no end of its own.
        case 'SessionStart':
        case 'UserPromptSubmit':
        case 'Stop':
        case 'StopFailure':
          return marks.ended(slotId, undefined);
        default:
      }
    },

    /** Looks every few minutes, as repositories say. Returns the way to stop. */
    start(): () => void {
      const stopRounds = rounds.start();
      const leave = core.bus.subscribe((event) => {
        if (event.type === 'worker_completed' && event.worker.status !== 'active')
          pairs.endOf(event.worker.slotId);
        if (event.type !== 'slot_closed') return;
        marks.forget(event.slotId);
        seen.delete(event.slotId);
        pairs.endOf(event.slotId);
      });
      return () => {
        leave();
        stopRounds();
      };
    },
  };
}

export type OverlapWatch = ReturnType<typeof createOverlapWatch>;
