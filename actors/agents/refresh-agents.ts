import { existsSync } from 'node:fs';
import { atOnce } from '../../db/at-once.ts';
import type { SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { worktreeOf } from '../../services/agents/agent-worktrees.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import type { RepositoryCare } from '../../services/worktrees/create-repository-care.ts';
import type { Refreshed } from '../../services/worktrees/refresh.ts';
import type { MissionCore } from '../core.ts';
import type { Messages } from '../messages/api.ts';
import { FROM_MISSIOND } from '../messages/from-missiond.ts';
import type { TaskOperations } from '../mission/task-operations.ts';
import { readinessOf } from '../slot-view.ts';
import type { AgentHolds } from './agent-holds.ts';
import type { RefreshView } from './refresh-views.ts';

/** As whom tasks are handed in; the end of one is not the end of an agent's work. */
export const REFRESHER = 'slot:missiond.refresh';
/** Further files are counted. */
const MOST_NAMED = 20;

export interface RefreshAgentsDependencies {
  readonly core: MissionCore;
  readonly db: MissionDatabase;
  readonly care: Pick<RepositoryCare, 'fetchDefault' | 'refresh' | 'endRefresh'>;
  readonly holds: AgentHolds;
  /** Messages wait for it, or are on their way. */
  readonly hasMail: (slotId: SlotId) => boolean;
  /** Somebody has judged this very commit. */
  readonly isReviewed: (repository: RepositoryRow, commit: string) => boolean;
  readonly send: Messages['send'];
  readonly enqueue: TaskOperations['enqueue'];
  readonly dispatchSoon: () => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

function named(files: readonly string[]): string {
  const shown = files.slice(0, MOST_NAMED).map((file) => JSON.stringify(file));
  return `${shown.join(', ')}${files.length > MOST_NAMED ? `, and ${files.length - MOST_NAMED} more` : ''}`;
}
/** A full queue or inbox does not undo what was done. */
function unlessRefused<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof MissionError) return undefined;
    throw error;
  }
}

const short = (commit: string): string => commit.slice(0, 12);
const keyOf = (slotId: SlotId, target: string): string => `${slotId} ${target}`;

/**
 * Brings agents that rest up to the default branch. Nobody types there meanwhile, and where a branch stood is written down
 * before it moves: a daemon that is killed in between leaves nothing half done.
 */
export function createRefreshAgents({
  core,
  db,
  care,
  holds,
  hasMail,
  isReviewed,
  send,
  enqueue,
  dispatchSoon,
  signal,
}: RefreshAgentsDependencies) {
  /** Why it stays as it is; null when it may be moved. */
  function staysFor({ slotId, kind, status, worktree }: AgentRow): string | null {
    if (kind === 'workspace') return 'it is a workspace of the person';
    if (kind === 'reviewer') return 'it reads what it reviews';
    if (status === 'making' || status === 'removed') return `it is ${status}`;
    if (!existsSync(worktree)) return 'its worktree is gone';
    if (!core.runtimes.has(slotId)) return null;
    if (core.closing.has(slotId)) return 'its session is ending';
    if (core.occupied.has(slotId) || core.tasks.openFor(slotId).length > 0) return 'it has work';
    if (hasMail(slotId)) return 'messages are on their way to it';
    const slot = core.slotSnapshot(slotId);
    const readiness = slot === undefined ? 'busy' : readinessOf(slot, core.now());
    // One that is parked has agents of its own at work.
    const rests = readiness === 'ready' && core.view(slotId).conversation !== 'parked';
    return rests || readiness === 'startable' ? null : 'it is at work, or a person is in its terminal';
  }

  /** Told where it can be heard; a session that sleeps sees what git shows when it is woken. */
  function tell({ slotId }: AgentRow, body: string): void {
    if (core.runtimes.has(slotId)) unlessRefused(() => send({ to: `slot:${slotId}`, body }, FROM_MISSIOND));
  }

  function tellMoved(row: AgentRow, target: string, how: string, files: readonly string[]): void {
    // Who only reads sees what git shows; a turn each time would cost more than it brings.
    if (row.branch === null) return;
    // Mail begins to start one that lasts; and nothing is for it to do.
    if (row.kind === 'persistent' && core.view(row.slotId).status !== 'live') return;
    const words = how === 'merge' ? 'was merged into it' : 'is what it stands on now';
    tell(
      row,
      `While you rested, your branch ${row.branch} was brought up to the default branch: commit ${short(target)} ${words}. ${files.length} files came with it: ${named(files)}. Read again what you know of them. Nothing is for you to do.`,
    );
  }

  /** Once for each commit: who could not settle it is not asked the same again. */
  function askToSettle(row: AgentRow, target: string, files: readonly string[]): string | undefined {
    const { slotId } = row;
    if (!core.runtimes.has(slotId)) return undefined;
    return unlessRefused(() =>
      enqueue('task', {
        slotId,
        submitter: REFRESHER,
        idempotencyKey: keyOf(slotId, target),
        prompt: `Your branch ${row.branch} conflicts with the default branch at commit ${target}, in ${named(files)}. Nothing was changed in your worktree. Merge that commit into your branch (git merge ${target}), settle the conflicts so that both sides keep their meaning, run the tests, and commit.`,
      }),
    );
  }

  function conclude(row: AgentRow, done: Refreshed): RefreshView {
    const { slotId, name } = row;
    const view = { slotId, name, files: [] };
    return atOnce(db, () => {
      core.agents.update(slotId, { refreshingFrom: null });
      if (done.status === 'fresh' || done.status === 'left') return { ...view, ...done };
      const { status, how, from, target, files } = done;
      const moved = { ...view, status, how, from, target, files: [...files] };
      if (done.status === 'refreshed') {
        tellMoved(row, target, how, files);
        return { ...moved, to: done.to };
      }
      const taskId = askToSettle(row, target, files);
      return { ...moved, ...(taskId === undefined ? {} : { taskId }) };
    });
  }

  async function refreshOne(
    row: AgentRow,
    repository: RepositoryRow,
    isAsked: boolean,
  ): Promise<RefreshView> {
    const { slotId, name } = row;
    const left = (why: string): RefreshView => ({ slotId, name, status: 'left', why, files: [] });
    const stays = staysFor(row);
    if (stays !== null) return left(stays);
    if (row.staysAtBase && !isAsked)
      return left(`it was begun at ${short(row.base)}; missiond refresh ${name} brings it up all the same`);
    const before = (from: string, target: string): string | null => {
      if (core.tasks.byIdempotencyKey(REFRESHER, keyOf(slotId, target)) !== undefined)
        return `it was asked to settle its conflicts with ${short(target)}`;
      if (isReviewed(repository, from)) return `${short(from)} was reviewed as it is`;
      core.agents.update(slotId, { refreshingFrom: from });
      return null;
    };
    try {
      return await holds.during(row, 'refreshed', async () =>
        conclude(row, await care.refresh(repository, worktreeOf(row), { before, isAsked }, signal)),
      );
    } catch (error) {
      // Its row says where it stood: the next daemon ends what this one could not.
      signal.throwIfAborted();
      if (!(error instanceof MissionError)) throw error;
      return left(error.message);
    } finally {
      dispatchSoon();
    }
  }

  async function endOne(row: AgentRow, from: string): Promise<void> {
    const worktree = worktreeOf(row);
    try {
      const end = existsSync(worktree.path) ? await care.endRefresh(worktree, from, signal) : null;
      atOnce(db, () => {
        core.agents.update(row.slotId, { refreshingFrom: null });
        if (end?.isDone === true && row.branch !== null)
          tell(
            row,
            `While you rested, your branch ${row.branch} was brought up to the default branch; it stood at ${short(from)}. git log shows what came. Nothing is for you to do.`,
          );
        else if (end?.isDone === false && end.saved !== null) {
          core.logger.warn({ slotId: row.slotId, saved: end.saved }, 'a refresh was taken back');
          tell(
            row,
            `Bringing ${row.branch === null ? 'you' : `your branch ${row.branch}`} up to the default branch was broken off and taken back. Files that were not committed are under ${end.saved}: git show ${end.saved}. Bring back what is yours.`,
          );
        }
      });
    } catch (error) {
      signal.throwIfAborted();
      core.logger.error({ slotId: row.slotId, error: messageOf(error) }, 'a refresh could not be taken back');
      core.agents.update(row.slotId, { trouble: messageOf(error) });
    }
  }

  /** Held from the start: nothing is typed there before it is ended. */
  const halfDone = core.agents
    .inStatus('active', 'hibernated', 'completed')
    .flatMap((row) => (row.refreshingFrom === null ? [] : [{ row, from: row.refreshingFrom }]))
    .map((one) => ({ ...one, letGo: holds.take(one.row, 'refreshed') }));

  return {
    /**
     * The remote is asked once for all of them.
     * @param isAsked somebody has named this very agent
     */
    async refresh(repository: RepositoryRow, rows: readonly AgentRow[], isAsked = false) {
      const notes: string[] = [];
      const why = await care.fetchDefault(repository, signal);
      if (why !== null)
        notes.push(`The remote did not answer, so it is the default branch as it is known: ${why}`);
      const agents: RefreshView[] = [];
      for (const row of rows)
        agents.push(await refreshOne(core.agents.get(row.slotId) ?? row, repository, isAsked));
      return { agents, notes };
    },

    /** Ends what a killed daemon had begun. */
    async endHalfDone(): Promise<void> {
      for (const { row, from, letGo } of halfDone)
        await endOne(row, from).finally(() => {
          letGo();
          dispatchSoon();
        });
    },
  };
}

export type RefreshAgents = ReturnType<typeof createRefreshAgents>;
