import { atOnce } from '../../db/at-once.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { RuntimeSlots } from '../mission/runtime-slots.ts';
import type { SlotConfiguration } from '../slot-runtime.ts';
import type { AgentHolds } from './agent-holds.ts';
import { requireRoom } from './room-for-agents.ts';
import { SET_UP_FAILED, type SetUpAgent } from './set-up-agent.ts';

export interface HibernateDependencies {
  readonly core: MissionCore;
  readonly db: MissionDatabase;
  readonly slots: Pick<RuntimeSlots, 'open' | 'closeWhenResting' | 'keepOpen'>;
  readonly slotOfAgent: (row: AgentRow) => SlotConfiguration;
  readonly setUpAgent: SetUpAgent;
  readonly holds: AgentHolds;
  readonly report: (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Putting teams to sleep and waking them. Their rows say that they sleep, so that nothing starts them meanwhile. */
export function createHibernate({
  core,
  db,
  slots,
  slotOfAgent,
  setUpAgent,
  holds,
  report,
  signal,
}: HibernateDependencies) {
  const now = (row: AgentRow): AgentRow => core.agents.get(row.slotId) ?? row;

  function rest(row: AgentRow, by: string): void {
    slots
      .closeWhenResting(
        row.slotId,
        by,
        row.status === 'completed' ? { endWith: 'The agent has ended.' } : 'stays',
      )
      .catch((error: unknown) => {
        if (!signal.aborted) report(error);
      });
  }

  function requireRoomFor({ repository, kind }: AgentRow): void {
    const there = core.repositories.get(repository);
    if (there !== undefined) requireRoom(core, there, kind);
  }

  return {
    /** Ends the session of one whose row says that it sleeps, or is done, when its turn has ended. */
    rest,

    hibernate(row: AgentRow, by: string): AgentRow {
      if (row.status !== 'active')
        throw new MissionError('agent_refused', `${row.name} is ${row.status}.`, {
          remedy: 'Only agents that are active can be put to sleep.',
        });
      core.agents.update(row.slotId, { status: 'hibernated' });
      rest(now(row), by);
      return now(row);
    },

    /**
     * Its worktree is set up again first: meanwhile what was copied into it may have changed.
     * @param begin what it is woken for: stored with it, or neither is
     * @throws MissionError `agent_refused`, `too_many`, `setup_failed`: it sleeps on
     */
    async wake(
      row: AgentRow,
      caller: AbortSignal,
      begin: () => void = () => undefined,
    ): Promise<{ row: AgentRow; notes: readonly string[] }> {
      if (row.status !== 'hibernated' && row.status !== 'completed')
        throw new MissionError('agent_refused', `${row.name} is ${row.status}.`, {
          remedy:
            row.status === 'active'
              ? 'Give it work: it is awake.'
              : 'Its worktree is gone; make another agent.',
        });
      requireRoomFor(row);
      // One that is just being closed would end behind our back.
      if (core.runtimes.has(row.slotId) && !slots.keepOpen(row.slotId))
        throw new MissionError('agent_refused', `${row.name} is just going to sleep.`, {
          remedy: 'Try again in a moment.',
        });
      const { completion } = row;
      const awake = {
        status: 'active',
        endedAt: null,
        trouble: null,
        ...(row.status === 'completed' && completion !== null
          ? { completion: { ...completion, wokenAt: core.now() } }
          : {}),
      } as const;
      if (core.runtimes.has(row.slotId)) {
        atOnce(db, () => {
          core.agents.update(row.slotId, awake);
          begin();
        });
        return { row: now(row), notes: [] };
      }
      return holds.during(row, 'woken', async () => {
        const notes = await setUpAgent(now(row), AbortSignal.any([caller, signal])).catch(
          (error: unknown) => {
            if (error instanceof MissionError && error.code === 'setup_failed')
              core.agents.update(row.slotId, { trouble: SET_UP_FAILED });
            throw error;
          },
        );
        if (now(row).status !== row.status)
          throw new MissionError('agent_refused', `${row.name} is ${now(row).status} now.`);
        // Others may have been made or woken meanwhile.
        requireRoomFor(row);
        atOnce(db, () => {
          core.agents.update(row.slotId, awake);
          slots.open(slotOfAgent(now(row)));
          begin();
        });
        return { row: now(row), notes };
      });
    },
  };
}
