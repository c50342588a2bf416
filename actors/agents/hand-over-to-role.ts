import type { Role, SlotId } from '../../db/ids.ts';
import { type AgentWorktrees, worktreeOf } from '../../services/agents/agent-worktrees.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';
import { requireFewHandOvers } from '../hand-over/few-hand-overs.ts';
import { wordsOfSlot } from '../messages/words-of-slot.ts';
import type { AgentHolds } from './agent-holds.ts';
import type { WorkRequest } from './api.ts';

export interface HandOverToRoleDependencies {
  readonly core: MissionCore;
  readonly make: (
    request: WorkRequest,
    repository: RepositoryRow,
    signal: AbortSignal,
  ) => Promise<{ readonly row: AgentRow }>;
  readonly worktrees: Pick<AgentWorktrees, 'contents'>;
  readonly holds: AgentHolds;
  /** Ends the session of one whose row says that it is done, when its turn has ended. */
  readonly letRest: (row: AgentRow) => void;
  /** Takes known secrets out of what is stored or shown. */
  readonly redact: (slotId: SlotId, text: string) => string;
}

/** Lets an agent of another role go on with a task, on a branch that begins where the work stands. */
export function createHandOverToRole({
  core,
  make,
  worktrees,
  holds,
  letRest,
  redact,
}: HandOverToRoleDependencies) {
  function taskOf(slotId: SlotId): TaskRow {
    const taskId = core.occupied.get(slotId);
    const task = taskId === undefined ? undefined : core.tasks.get(taskId);
    if (task !== undefined && task.kind === 'task') return task;
    throw new MissionError('agent_refused', 'There is no task to hand over.', {
      remedy: 'Make an agent of that role for other work (mission_worker_create).',
    });
  }

  function requireGoes({ kind, name, status }: AgentRow): void {
    if ((kind === 'worker' || kind === 'reviewer') && status === 'active') return;
    throw new MissionError(
      'agent_refused',
      status === 'active'
        ? `${name} stays when its task ends, so it hands over to no other role.`
        : `${name} has handed over, or is done, already.`,
      { remedy: status === 'active' ? 'Make an agent for it (mission_worker_create).' : 'End your turn.' },
    );
  }

  async function requireCommitted(row: AgentRow, signal: AbortSignal): Promise<void> {
    const { uncommitted } = await worktrees.contents(worktreeOf(row), signal);
    if (uncommitted === 0) return;
    throw new MissionError('agent_refused', `${uncommitted} files are not committed.`, {
      remedy: `Commit what is to go on: the agent in your place begins at ${row.branch ?? 'the default branch'}.`,
    });
  }

  return function handOver(
    row: AgentRow,
    { note, role }: { readonly note: string; readonly role: Role },
    signal: AbortSignal,
  ): Promise<AgentRow> {
    return holds.during(row, 'handed over', async () => {
      const { slotId, repository: name, branch, createdBy } = row;
      requireGoes(core.agents.get(slotId) ?? row);
      const task = taskOf(slotId);
      requireFewHandOvers(core.attempts.of(task.id));
      const repository = core.repositories.get(name);
      if (repository === undefined)
        throw new MissionError('repository_unknown', `The repository of ${row.name} was removed.`);
      // One without a branch follows the default branch, unless it was begun at a commit.
      const from = branch ?? (row.staysAtBase ? row.base : undefined);
      const summary = wordsOfSlot(redact, slotId, note);
      await requireCommitted(row, signal);
      const { row: heir } = await make(
        { which: { repository: name }, role, from, submitter: createdBy, maker: slotId },
        repository,
        signal,
      );
      const at = core.now();
      // The next daemon, too, finds in these rows where the task goes on.
      core.agents.update(heir.slotId, { task: row.task, taskId: task.id, pullRequest: row.pullRequest });
      core.agents.update(slotId, {
        status: 'completed',
        endedAt: at,
        completion: { at, summary, by: 'agent', handedTo: heir.slotId },
      });
      letRest(core.agents.get(slotId) ?? row);
      return core.agents.get(heir.slotId) ?? heir;
    });
  };
}
