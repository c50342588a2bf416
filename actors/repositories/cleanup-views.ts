import { z } from 'zod';
import { RepositoryName } from '../../db/ids.ts';

/** Something that was removed, or would be. */
const RemovedView = z.object({
  what: z
    .enum(['agent', 'task', 'entry'])
    .describe('`entry`: what git kept of a worktree whose folder is gone.'),
  name: z.string(),
  branch: z.string().optional(),
  path: z.string().optional(),
  why: z.string(),
  rescue: z.string().optional().describe('The ref under which what it held is saved.'),
});

const LeftView = z.object({ name: z.string(), why: z.string() });

export const CleanupView = z.object({
  repository: RepositoryName,
  dryRun: z.boolean(),
  removed: z.array(RemovedView).describe('With `dryRun`: what would be removed.'),
  left: z.array(LeftView).describe('What stays, and why.'),
  notes: z.array(z.string()),
});
export type CleanupView = z.infer<typeof CleanupView>;

export const RescueView = z.object({
  name: z.string(),
  ref: z.string(),
  commit: z.string(),
  subject: z.string(),
  at: z.number().describe('Epoch milliseconds.'),
});
