import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { AgentView } from './agent-views.ts';

/** An agent as every door shows it. */
export function showAgent(
  core: Pick<MissionCore, 'tasks' | 'runtimes' | 'view' | 'spending'>,
  row: AgentRow,
): AgentView {
  const { slotId, repository, name, role, kind, status, branch, base, worktree, createdBy, createdAt } = row;
  const { usd, tokens } = core.spending.spent({ slotId });
  const taskStatus = row.taskId === null ? undefined : core.tasks.get(row.taskId)?.status;
  return {
    slotId,
    repository,
    name,
    role,
    kind,
    status,
    ...(branch === null ? {} : { branch }),
    base,
    worktree,
    ...(row.portBlock === null ? {} : { portBlock: row.portBlock }),
    ...(row.pullRequest === null ? {} : { pullRequest: row.pullRequest }),
    ...(row.task === null ? {} : { task: row.task }),
    ...(row.taskId === null ? {} : { taskId: row.taskId }),
    ...(taskStatus === undefined ? {} : { taskStatus }),
    ...(core.runtimes.has(slotId) ? { state: core.view(slotId).state } : {}),
    ...(row.completion === null ? {} : { completion: row.completion }),
    spent: { usd, inputTokens: tokens.input, outputTokens: tokens.output },
    ...(row.rescue === null ? {} : { rescue: row.rescue }),
    ...(row.trouble === null ? {} : { trouble: row.trouble }),
    createdBy,
    createdAt,
    ...(row.endedAt === null ? {} : { endedAt: row.endedAt }),
  };
}
