import type { RepositoryName, SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { OverlapLedger, OverlapRow } from '../../services/ledger/overlap-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import type { RepositoryCare } from '../../services/worktrees/create-repository-care.ts';
import type { MissionCore } from '../core.ts';
import type { Messages } from '../messages/api.ts';
import { FROM_MISSIOND } from '../messages/from-missiond.ts';
import { overlapView } from './overlap-views.ts';

/** Further files are counted. */
const MOST_NAMED = 10;

/** What an agent has changed, and where its branch stands. */
export interface AtWork {
  readonly agent: AgentRow;
  readonly head: string;
  readonly files: ReadonlySet<string>;
}

export interface OverlapPairsDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'bus' | 'now'>;
  readonly ledger: OverlapLedger;
  readonly care: Pick<RepositoryCare, 'conflicts'>;
  readonly send: Messages['send'];
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

function named(files: readonly string[]): string {
  const more = files.length > MOST_NAMED ? `, and ${files.length - MOST_NAMED} more` : '';
  return files.slice(0, MOST_NAMED).join(', ') + more;
}

export const byName = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

/** Compares two agents, keeps the row of the pair, and tells both, and who looks after them, once of each file. */
export function createOverlapPairs({ core, ledger, care, send, signal }: OverlapPairsDependencies) {
  /** Whoever is not there is not told; the row and the event say it. */
  function tell(to: string, body: string): void {
    try {
      send({ to, body }, FROM_MISSIOND);
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
  }

  const publish = (type: 'overlap_found' | 'overlap_changed' | 'overlap_ended', row: OverlapRow): void =>
    core.bus.publish({ type, at: core.now(), overlap: overlapView(row) });

  function end(row: OverlapRow): void {
    if (row.endedAt !== null) return;
    ledger.put({ ...row, endedAt: core.now() });
    publish('overlap_ended', row);
  }

  const isActive = (slotId: SlotId): boolean => core.agents.get(slotId)?.status === 'active';

  return {
    /** @param one the one whose slot comes first by its name */
    async compare(repository: RepositoryRow, one: AtWork, other: AtWork): Promise<void> {
      const [oneSlotId, otherSlotId] = [one.agent.slotId, other.agent.slotId];
      const shared = [...one.files].filter((file) => other.files.has(file)).toSorted(byName);
      const conflicts =
        shared.length === 0 ? [] : await care.conflicts(repository, one.head, other.head, signal);
      const before = ledger.get(oneSlotId, otherSlotId);
      // One of them may have ended while git was asked.
      if (shared.length === 0 || !isActive(oneSlotId) || !isActive(otherSlotId)) {
        if (before !== undefined) end(before);
        return;
      }
      const told = new Set(before?.toldPaths ?? []);
      const isNew = shared.some((file) => !told.has(file));
      const row: OverlapRow = {
        repository: repository.name,
        oneSlotId,
        otherSlotId,
        sharedPaths: shared,
        conflictPaths: conflicts,
        toldPaths: [...new Set([...told, ...shared])].toSorted(byName),
        foundAt: before?.endedAt === null ? before.foundAt : core.now(),
        seenAt: core.now(),
        endedAt: null,
      };
      // Written before it is told: a daemon that is killed in between says nothing rather than all of it again.
      ledger.put(row);
      if (isNew) {
        tellAll(row, one.agent, other.agent);
        publish('overlap_found', row);
      } else publish('overlap_changed', row);
    },

    /** Ends those of whoever does not work there any more. */
    endWithout(repository: RepositoryName, active: ReadonlySet<SlotId>): void {
      for (const row of ledger.open(repository))
        if (!active.has(row.oneSlotId) || !active.has(row.otherSlotId)) end(row);
    },

    endOf(slotId: SlotId): void {
      for (const row of ledger.openOf(slotId)) end(row);
    },
  };
}
