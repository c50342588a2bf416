import { type AgentWorktrees, worktreeOf } from '../../services/agents/agent-worktrees.ts';
import type { Landing } from '../../services/agents/land-branch.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { RuntimeSlots } from '../mission/runtime-slots.ts';
import type { AgentHolds } from './agent-holds.ts';

export interface EndAgentDependencies {
  readonly core: MissionCore;
  readonly worktrees: AgentWorktrees;
  readonly slots: Pick<RuntimeSlots, 'close'>;
  readonly holds: AgentHolds;
}

/** A task may be longer than what a program may be told. */
const TASK_CHARACTERS = 2_000;

/** What is said of a task in a commit. */
const inMessage = (task: string): string => {
  const words = task.replaceAll('\0', '');
  return words.length > TASK_CHARACTERS ? `${words.slice(0, TASK_CHARACTERS)}…` : words;
};

const ENDED = { endWith: 'The agent whose task it was has ended.' } as const;

/** Getting back what agents have done: it is kept, thrown away, or brought into a branch of the repository. */
export function createEndAgent({ core, worktrees, slots, holds }: EndAgentDependencies) {
  const now = (row: AgentRow): AgentRow => core.agents.get(row.slotId) ?? row;

  const once = <T>(row: AgentRow, act: () => Promise<T>): Promise<T> => holds.during(row, 'ended', act);

  function requireThere({ name, status }: AgentRow): void {
    if (status === 'removed')
      throw new MissionError('agent_refused', `The worktree of ${name} is gone.`, {
        remedy: 'missiond workers NAME says where its work was saved, if there was any.',
      });
    if (status === 'making')
      throw new MissionError('agent_refused', `${name} is still being made.`, {
        remedy: 'Try again in a moment.',
      });
  }

  async function remove(row: AgentRow, signal: AbortSignal): Promise<void> {
    const saving = {
      before: row.rescue,
      // Written down before anything is removed: a daemon that is killed in between still knows where it is.
      saved: (rescue: string) => core.agents.update(row.slotId, { rescue }),
    };
    await worktrees.discard(worktreeOf(row), saving, signal);
    core.agents.update(row.slotId, {
      status: 'removed',
      endedAt: row.endedAt ?? core.now(),
      portBlock: null,
      portCount: null,
      trouble: null,
    });
  }

  return {
    keep(row: AgentRow, by: string): Promise<AgentRow> {
      return once(row, async () => {
        requireThere(row);
        await slots.close(row.slotId, by, ENDED);
        core.agents.update(row.slotId, { status: 'completed', endedAt: row.endedAt ?? core.now() });
        return now(row);
      });
    },

    discard(row: AgentRow, by: string, signal: AbortSignal): Promise<AgentRow> {
      return once(row, async () => {
        if (row.status === 'removed') return row;
        requireThere(row);
        await slots.close(row.slotId, by, ENDED);
        core.agents.update(row.slotId, { status: 'completed', endedAt: row.endedAt ?? core.now() });
        await remove(now(row), signal);
        return now(row);
      });
    },

    /** @param onto the branch that gets the commits */
    land(
      row: AgentRow,
      { onto, keep, by }: { readonly onto: string; readonly keep: boolean; readonly by: string },
      signal: AbortSignal,
    ): Promise<{ readonly row: AgentRow; readonly landing: Landing; readonly notes: readonly string[] }> {
      return once(row, async () => {
        requireThere(row);
        const { slotId, name, branch } = row;
        if (branch === null)
          throw new MissionError('agent_refused', `${name} has no branch: there is nothing of it to land.`, {
            remedy: `missiond worker discard ${name} removes it.`,
          });
        if (core.occupied.has(slotId) || (!keep && core.tasks.openFor(slotId).length > 0))
          throw new MissionError('agent_refused', `${name} is at work, or is about to begin.`, {
            remedy: `Wait until its task has ended, or end it: missiond worker keep ${name}.`,
          });
        const { uncommitted, isThere } = await worktrees.contents(worktreeOf(row), signal);
        if (uncommitted > 0)
          throw new MissionError('agent_refused', `${uncommitted} files of ${name} are not committed.`, {
            remedy: `Have it commit them, or do so yourself in ${row.worktree}. missiond worker diff ${name} shows them.`,
          });
        const message = `Merge branch '${branch}'${row.task === null ? '' : `\n\n${inMessage(row.task)}`}`;
        const landing = await worktrees.land({ ...worktreeOf(row), branch }, { onto, message }, signal);
        const notes = landing.workingTree === null ? [] : [`${landing.workingTree} was brought along.`];
        if (keep || row.kind === 'workspace' || row.kind === 'persistent')
          return { row: now(row), landing, notes };
        await slots.close(slotId, by, ENDED);
        core.agents.update(slotId, { status: 'completed', endedAt: row.endedAt ?? core.now() });
        try {
          // What git ignores goes with it; whatever else has come meanwhile is saved.
          if (isThere || row.ownsBranch) await remove(now(row), signal);
        } catch (error) {
          signal.throwIfAborted();
          return { row: now(row), landing, notes: [...notes, `Its worktree stays: ${messageOf(error)}`] };
        }
        return { row: now(row), landing, notes };
      });
    },
  };
}
