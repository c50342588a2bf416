import type { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { OverlapLedger, OverlapRow } from '../../services/ledger/overlap-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import type { RepositoryCare } from '../../services/worktrees/create-repository-care.ts';
import type { MissionCore } from '../core.ts';
import type { Messages } from '../messages/api.ts';
import { type OverlapView, overlapView } from './overlap-views.ts';
import { createRepositoryRounds } from './repository-rounds.ts';

/** Each agent costs git four calls, each pair with files in common one. */
const MOST_AGENTS = 50;
const MOST_PAIRS = 50;
/** Further files are counted. */
const MOST_NAMED = 10;

export interface OverlapWatchDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'bus' | 'now' | 'repositories'>;
  readonly ledger: OverlapLedger;
  readonly care: Pick<RepositoryCare, 'touchedIn' | 'conflicts'>;
  readonly send: Messages['send'];
  readonly onError: (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

interface AtWork {
  readonly agent: AgentRow;
  readonly head: string;
  readonly files: ReadonlySet<string>;
}

function named(files: readonly string[]): string {
  const more = files.length > MOST_NAMED ? `, and ${files.length - MOST_NAMED} more` : '';
  return files.slice(0, MOST_NAMED).join(', ') + more;
}

const byName = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

/** Sees that agents are at the same files while that is cheap, and tells them, and who looks after them, once. */
export function createOverlapWatch({ core, ledger, care, send, onError, signal }: OverlapWatchDependencies) {
  /** Whoever is not there is not told; the row and the event say it. */
  function tell(to: string, body: string): void {
    try {
      send({ to, body }, { kind: 'program', name: 'missiond' });
    } catch (error) {
      if (!(error instanceof MissionError)) throw error;
    }
  }

  function tellAll(row: OverlapRow, one: AgentRow, other: AgentRow): void {
    const conflicts = row.conflictPaths ?? [];
    const where = `${named(row.sharedPaths)}.${conflicts.length === 0 ? '' : ` What is committed conflicts already in: ${named(conflicts)}.`}`;
    for (const [me, they] of [
      [one, other],
      [other, one],
    ] as const)
      tell(
        `slot:${me.slotId}`,
        `You and ${they.name} (branch ${they.branch}) change the same files: ${where} Agree with ${they.name} on who does what before it grows: mission_message_send {"to": "slot:${they.slotId}", "body": …}.`,
      );
    tell(
      `role:supervisor@${row.repository}`,
      `${one.name} and ${other.name} change the same files: ${where} They were told.`,
    );
    core.bus.publish({ type: 'overlap_found', at: core.now(), overlap: overlapView(row) });
  }

  async function compare(repository: RepositoryRow, one: AtWork, other: AtWork): Promise<void> {
    const shared = [...one.files].filter((file) => other.files.has(file)).toSorted(byName);
    const [oneSlotId, otherSlotId]: [SlotId, SlotId] = [one.agent.slotId, other.agent.slotId];
    const before = ledger.get(oneSlotId, otherSlotId);
    if (shared.length === 0) {
      if (before !== undefined && before.endedAt === null) ledger.put({ ...before, endedAt: core.now() });
      return;
    }
    const conflicts = await care.conflicts(repository, one.head, other.head, signal);
    const told = new Set(before?.toldPaths ?? []);
    const isNew = shared.some((file) => !told.has(file));
    const row: OverlapRow = {
      repository: repository.name,
      oneSlotId,
      otherSlotId,
      sharedPaths: shared,
      conflictPaths: conflicts,
      toldPaths: [...new Set([...told, ...shared])].toSorted(byName),
      seenAt: core.now(),
      endedAt: null,
    };
    // Written before it is told: a daemon that is killed in between says nothing rather than all of it again.
    ledger.put(row);
    if (isNew) tellAll(row, one.agent, other.agent);
  }

  /** Compares all agents of a repository now. */
  async function look(repository: RepositoryRow): Promise<readonly OverlapView[]> {
    rounds.done(repository.name);
    const agents = core.agents
      .list({ repository: repository.name, statuses: ['active'], limit: MOST_AGENTS })
      .filter(({ kind, worktree }) => kind !== 'reviewer' && worktree !== repository.path)
      .toSorted((one, other) => byName(one.slotId, other.slotId));
    const atWork: AtWork[] = [];
    for (const agent of agents) {
      const touched = await care.touchedIn(repository, agent.worktree, signal);
      if (touched !== null) atWork.push({ agent, ...touched });
    }
    let pairs = 0;
    for (const [index, one] of atWork.entries())
      for (const other of atWork.slice(index + 1)) {
        if ([...one.files].some((file) => other.files.has(file)) && ++pairs > MOST_PAIRS) break;
        await compare(repository, one, other);
      }
    const active = new Set(agents.map(({ slotId }) => slotId));
    for (const row of ledger.open(repository.name))
      if (!active.has(row.oneSlotId) || !active.has(row.otherSlotId))
        ledger.put({ ...row, endedAt: core.now() });
    return ledger.open(repository.name).map(overlapView);
  }

  const rounds = createRepositoryRounds({
    core,
    minutes: ({ overlapMinutes }) => overlapMinutes,
    round: look,
    first: 'at once',
    onError,
    signal,
  });

  return {
    look,
    open: ({ name }: RepositoryRow): readonly OverlapView[] => ledger.open(name).map(overlapView),

    /** Looks every few minutes, as repositories say. Returns the way to stop. */
    start: rounds.start,
  };
}
