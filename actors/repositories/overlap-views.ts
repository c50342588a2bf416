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
  seenAt: z.number().describe('Epoch milliseconds.'),
});
export type OverlapView = z.infer<typeof OverlapView>;

export const OVERLAP_EVENTS = [
  z.object({
    type: z.literal('overlap_found'),
    sequence: z.number(),
    at: z.number(),
    overlap: OverlapView,
  }),
] as const;

export const overlapView = (row: OverlapRow): OverlapView => ({
  repository: row.repository,
  slots: [row.oneSlotId, row.otherSlotId],
  files: [...row.sharedPaths],
  conflicts: row.conflictPaths === null ? null : [...row.conflictPaths],
  seenAt: row.seenAt,
});
