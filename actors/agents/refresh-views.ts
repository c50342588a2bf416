import { z } from 'zod';
import { AgentName, SlotId } from '../../db/ids.ts';

/** What became of an agent that was to be brought up to the default branch. */
export const RefreshView = z.object({
  slotId: SlotId,
  name: AgentName,
  /** `left`: nothing was done, and `why` says so. `conflict`: all of it was taken back. */
  status: z.enum(['fresh', 'refreshed', 'left', 'conflict']),
  why: z.string().optional(),
  how: z.enum(['rebase', 'merge', 'checkout']).optional(),
  /** Where its branch stood, what it was to be brought up to, and where it stands. */
  from: z.string().optional(),
  target: z.string().optional(),
  to: z.string().optional(),
  /** That came with it, or that conflict. */
  files: z.array(z.string()),
  /** It was asked to settle the conflict. */
  taskId: z.string().optional(),
});
export type RefreshView = z.infer<typeof RefreshView>;
