import { z } from 'zod';
import { RepositoryName, SlotId } from '../../db/ids.ts';
import type { OverlapRow } from '../../services/ledger/overlap-ledger.ts';

/** Two agents that are at the same files. */
export const OverlapView = z.object({
  repository: RepositoryName,
  slots: z.array(SlotId).describe('The two of them.'),
  files: z.array(z.string()).describe('Where both have changes, committed or not.'),
  conflicts: z
    .array(z.string())
    .nullable()
    .describe('Where what they have committed would conflict; null when git cannot say (before 2.38).'),
  foundAt: z.number().describe('Since when; epoch milliseconds.'),
  seenAt: z.number().describe('When they were compared last.'),
});
export type OverlapView = z.infer<typeof OverlapView>;

const numbered = { sequence: z.number(), at: z.number(), overlap: OverlapView };
/** Found: both were told of more files. Changed: compared again, or found again. Ended: as it was last. */
export const OVERLAP_EVENTS = [
  z.object({ type: z.literal('overlap_found'), ...numbered }),
  z.object({ type: z.literal('overlap_changed'), ...numbered }),
  z.object({ type: z.literal('overlap_ended'), ...numbered }),
] as const;

export const overlapView = (row: OverlapRow): OverlapView => ({
  repository: row.repository,
  slots: [row.oneSlotId, row.otherSlotId],
  files: [...row.sharedPaths],
  conflicts: row.conflictPaths === null ? null : [...row.conflictPaths],
  foundAt: row.foundAt,
  seenAt: row.seenAt,
});
