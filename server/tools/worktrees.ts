import { z } from 'zod';
import { WorktreeView } from '../../actors/mission/views.ts';
import { operation } from './operation.ts';
import { taskIdOrPrefix } from './tasks.ts';

const MOST_LISTED = 200;

export const missionWorktreeList = operation({
  name: 'mission_worktree_list',
  title: 'List worktrees',
  description:
    'The git worktrees of tasks, newest first: where each is, its branch, and what is in it. Those that hold work are kept when their tasks have ended, until mission_worktree_remove.',
  input: z.object({
    removed: z
      .boolean()
      .default(false)
      .describe('Also those that are removed, with the refs under which their work was saved.'),
    limit: z.number().int().positive().max(MOST_LISTED).default(50),
  }),
  output: z.object({ worktrees: z.array(WorktreeView) }),
  readOnly: true,
  run: async (filter, { mission }) => ({ worktrees: [...(await mission.worktrees(filter))] }),
});

export const missionWorktreeRemove = operation({
  name: 'mission_worktree_remove',
  title: 'Remove a worktree',
  description:
    'Saves everything in the worktree of a task that has ended (commits, staged and unstaged changes, new files; not what git ignores) under refs/missiond/rescue in its repository, then removes the worktree and its branch.',
  input: z.object({ taskId: taskIdOrPrefix }),
  output: z.object({ removed: z.boolean(), worktree: WorktreeView, hint: z.string().optional() }),
  readOnly: false,
  destructive: true,
  idempotent: true,
  run: ({ taskId }, { mission }) => mission.removeWorktree(taskId),
});

export const worktreeOperations = [missionWorktreeList, missionWorktreeRemove];
