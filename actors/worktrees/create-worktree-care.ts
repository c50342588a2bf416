import type { Worktrees } from '../../services/worktrees/create-worktrees.ts';
import { createWorktreeOperations } from '../mission/worktree-operations.ts';
import { createWorktreeKeeping, type WorktreeKeepingDependencies } from './keeping.ts';
import { createWorkplaces, type WorkplacesDependencies } from './workplaces.ts';

export type WorktreeCareDependencies = Omit<WorkplacesDependencies, 'worktrees'> &
  Pick<WorktreeKeepingDependencies, 'onError'> & { readonly worktrees: Worktrees };

/** The worktrees of tasks, from their making to their end. */
export function createWorktreeCare(dependencies: WorktreeCareDependencies) {
  const workplaces = createWorkplaces(dependencies);
  return {
    workplaces,
    keeping: createWorktreeKeeping({ ...dependencies, workplaces }),
    operations: createWorktreeOperations({ ...dependencies, workplaces }),
  };
}
