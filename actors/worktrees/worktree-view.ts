import type { WorktreeRow } from '../../services/ledger/worktree-ledger.ts';
import type { WorktreeView } from '../mission/views.ts';

/** The worktree of a task as every door shows it. */
export function worktreeView(row: WorktreeRow): WorktreeView {
  const { taskId, status, path, branch, base, commits, changedFiles, uncommitted, createdAt } = row;
  return {
    taskId,
    status,
    path,
    branch,
    base,
    commits,
    changedFiles,
    uncommitted,
    ...(row.rescue === null ? {} : { rescue: row.rescue }),
    ...(row.trouble === null ? {} : { trouble: row.trouble }),
    createdAt,
    ...(row.endedAt === null ? {} : { endedAt: row.endedAt }),
  };
}
