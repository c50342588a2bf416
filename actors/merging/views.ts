import { z } from 'zod';
import { RepositoryName, SlotId } from '../../db/ids.ts';
import { MERGE_METHODS } from '../../db/schema/merging.ts';
import type { MergeRow, ReviewRow } from '../../services/ledger/merge-ledger.ts';

export const GateRowView = z.object({ check: z.string(), ok: z.boolean(), message: z.string() });

export const MergeView = z.object({
  id: z.number().int(),
  repository: RepositoryName,
  subject: z.string().describe('As it was named: a branch, an agent, or a pull request.'),
  branch: z.string().optional(),
  pullRequest: z.number().int().optional(),
  target: z.string().optional().describe('The branch that it goes into.'),
  method: z.enum(MERGE_METHODS),
  status: z
    .enum([
      'requested',
      'queued',
      'checking',
      'landing',
      'merged',
      'proposed',
      'refused',
      'failed',
      'cancelled',
    ])
    .describe(
      '`requested`: an agent asks whoever merges; `landing`: everything agreed, and the branch is being moved; `proposed`: a pull request to the upstream of this fork has it.',
    ),
  requestedBy: z.string(),
  head: z.string().optional().describe('The commit that was judged.'),
  result: z.string().optional().describe('The commit that the target was moved to.'),
  rows: z.array(GateRowView).describe('What was looked at, and what was found.'),
  output: z.string().optional().describe('The end of what the check command printed.'),
  trouble: z.string().optional().describe('What is left to do by hand.'),
  pushed: z.boolean(),
  createdAt: z.number(),
  endedAt: z.number().optional(),
});
export type MergeView = z.infer<typeof MergeView>;

export const PushView = z.object({
  slotId: SlotId,
  pullRequest: z.number().int().optional(),
  repository: z.string().describe('Where it was pushed to: a remote, or `owner/name` of a fork.'),
  branch: z.string(),
  before: z.string().optional().describe('Where that branch stood; left out when it was made.'),
  after: z.string(),
  commits: z.number().int().describe('How many are new there.'),
  notes: z.array(z.string()),
});
export type PushView = z.infer<typeof PushView>;

export const MERGE_EVENTS = [
  z.object({
    type: z.literal('merge_changed'),
    sequence: z.number(),
    at: z.number(),
    id: z.number().int(),
    repository: z.string(),
    subject: z.string(),
    status: MergeView.shape.status,
    /** What stands in the way. */
    reasons: z.array(z.string()),
  }),
] as const;

export const ReviewView = z.object({
  id: z.number().int(),
  repository: RepositoryName,
  commit: z.string(),
  reviewer: z.string(),
  verdict: z.enum(['approve', 'request_changes']),
  comments: z.string(),
  createdAt: z.number(),
});
export type ReviewView = z.infer<typeof ReviewView>;

/** `null` columns are left out. */
export function mergeView({
  id,
  repository,
  subject,
  branch,
  pullRequest,
  target,
  method,
  status,
  requestedBy,
  head,
  result,
  rows,
  output,
  trouble,
  pushed,
  createdAt,
  endedAt,
}: MergeRow): MergeView {
  return {
    id,
    repository,
    subject,
    ...(branch === null ? {} : { branch }),
    ...(pullRequest === null ? {} : { pullRequest }),
    ...(target === null ? {} : { target }),
    method,
    status,
    requestedBy,
    ...(head === null ? {} : { head }),
    ...(result === null ? {} : { result }),
    rows: [...(rows ?? [])],
    ...(output === null ? {} : { output }),
    ...(trouble === null ? {} : { trouble }),
    pushed,
    createdAt,
    ...(endedAt === null ? {} : { endedAt }),
  };
}

export const reviewView = (row: ReviewRow): ReviewView => ({ ...row });
