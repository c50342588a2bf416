import { existsSync } from 'node:fs';
import type { AgentWorktrees } from '../../services/agents/agent-worktrees.ts';
import { worktreeOf } from '../../services/agents/agent-worktrees.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { RuntimeSlots } from '../mission/runtime-slots.ts';
import type { SlotConfiguration } from '../slot-runtime.ts';
import type { AgentFinding } from './api.ts';
import type { SetUpAgent } from './set-up-agent.ts';

export interface RepairAgentsDependencies {
  readonly core: MissionCore;
  readonly worktrees: Pick<AgentWorktrees, 'contents' | 'restore'>;
  readonly slots: Pick<RuntimeSlots, 'open'>;
  readonly slotOfAgent: (row: AgentRow) => SlotConfiguration;
  readonly setUpAgent: SetUpAgent;
  readonly takeBackHalfMade: () => Promise<void>;
}

interface Repair {
  readonly finding: string;
  readonly remedy: string;
  /** Null where only a person can help. */
  readonly act: (() => Promise<void> | void) | null;
}

/** Compares what the rows say of agents with what is there. What is missing is brought back; nothing is deleted. */
export function createRepairAgents({
  core,
  worktrees,
  slots,
  slotOfAgent,
  setUpAgent,
  takeBackHalfMade,
}: RepairAgentsDependencies) {
  async function worktreeRepair(row: AgentRow, signal: AbortSignal): Promise<Repair | null> {
    try {
      const { isThere, tip } = await worktrees.contents(worktreeOf(row), signal);
      if (isThere) return null;
      if (tip === null && row.branch !== null)
        return {
          finding: `Neither its worktree ${row.worktree} nor its branch ${row.branch} is there.`,
          remedy: 'its row says that it is removed',
          act: () =>
            core.agents.update(row.slotId, {
              status: 'removed',
              portBlock: null,
              portCount: null,
              endedAt: row.endedAt ?? core.now(),
            }),
        };
      return {
        finding:
          row.branch === null
            ? `What it reads in, ${row.worktree}, is gone.`
            : `Its worktree ${row.worktree} is gone; its branch ${row.branch} is there.`,
        remedy: `the worktree is checked out again ${row.branch === null ? `at ${row.base}` : 'from its branch'}`,
        async act() {
          await worktrees.restore(worktreeOf(row), signal);
          // One that sleeps is set up when it is woken.
          if (row.status === 'active') await setUpAgent(row, signal);
        },
      };
    } catch (error) {
      signal.throwIfAborted();
      const remedy = existsSync(row.gitFolder)
        ? 'look at it yourself'
        : 'bring the repository back, or discard the agent';
      return { finding: messageOf(error), remedy, act: null };
    }
  }

  function slotRepair(row: AgentRow): Repair | null {
    if (row.status !== 'active' || core.runtimes.has(row.slotId)) return null;
    return {
      finding: 'It is active and has no slot.',
      remedy: 'its slot is opened again',
      act: () => slots.open(slotOfAgent(row)),
    };
  }

  return async function repair(
    { apply }: { readonly apply: boolean },
    signal: AbortSignal,
  ): Promise<readonly AgentFinding[]> {
    const findings: AgentFinding[] = [];
    const note = async ({ slotId }: AgentRow, { finding, remedy, act }: Repair): Promise<void> => {
      if (apply && act !== null) await act();
      findings.push({ slotId, finding, remedy, done: apply && act !== null });
    };
    // One that is being made now has no trouble yet.
    for (const row of core.agents.inStatus('making'))
      if (row.trouble !== null)
        await note(row, {
          finding: `It was never made: ${row.trouble}`,
          remedy: 'what was begun is taken back',
          act: takeBackHalfMade,
        });
    for (const row of core.agents.inStatus('active', 'hibernated', 'completed')) {
      const worktree = await worktreeRepair(row, signal);
      if (worktree !== null) await note(row, worktree);
      const slot = slotRepair(core.agents.get(row.slotId) ?? row);
      if (slot !== null) await note(row, slot);
    }
    return findings;
  };
}
