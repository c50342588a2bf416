import { z } from 'zod';
import type { MergingParty } from '../../actors/merging/api.ts';
import { GateRowView, MergeView, PushView, ReviewView } from '../../actors/merging/views.ts';
import { RepositoryName } from '../../db/ids.ts';
import { MERGE_METHODS } from '../../db/schema/merging.ts';
import { type CallContext, operation } from './operation.ts';
import { whichRepository } from './repositories.ts';
import { tellWhile } from './tell-while.ts';

const MOST_LISTED = 200;
const LONGEST_SUBJECT = 300;

/** The token says who asks; no word of the request does. */
function partyOf({ by, isPerson }: CallContext): MergingParty {
  if (by.role === 'slot') return { kind: 'slot', slotId: by.slotId };
  return { kind: isPerson ? 'person' : 'program' };
}

export const mergeOne = operation({
  name: 'mission_merge',
  title: 'Merge',
  description:
    'Merges a branch, the work of an agent, or a pull request into the default branch of its repository, when everything agrees: it is committed and reviewed for this very commit, its checks pass on what the merge comes to, and no protected file is changed without a person. One at a time; a refusal says why, row by row. For the role merge-queue and for a person. In a fork it merges nothing: where a person has said so (proposesUpstream), the branch is pushed to the fork and proposed to upstream as a pull request, or that is brought up to date; the role pr-shepherd may do that, too.',
  input: z.object({
    ...whichRepository,
    subject: z
      .string()
      .trim()
      .min(1)
      .max(LONGEST_SUBJECT)
      .describe('A branch, the name of an agent, or the number of a pull request (12 or #12).'),
    method: z.enum(MERGE_METHODS).default('squash'),
    allowProtected: z
      .boolean()
      .default(false)
      .describe('A person agrees to the protected files that it changes. Refused from everybody else.'),
    dryRun: z.boolean().default(false).describe('Look at everything, merge nothing.'),
  }),
  output: z.object({
    ok: z.boolean().describe('It is merged, or proposed to upstream; of a dry run: it could be.'),
    rows: z.array(GateRowView),
    output: z.string().optional().describe('The end of what the check command printed.'),
    merge: MergeView.optional(),
  }),
  readOnly: false,
  destructive: true,
  run({ dryRun, ...request }, context) {
    const { mission, signal, progress } = context;
    const by = partyOf(context);
    const work = async () => {
      if (dryRun) {
        const { ok, rows, output } = await mission.merging.tryMerge(request, by, signal);
        return { ok, rows: [...rows], ...(output === null ? {} : { output }) };
      }
      const merge = await mission.merging.merge(request, by, signal);
      const { rows, output, status } = merge;
      const ok = status === 'merged' || status === 'proposed';
      return { ok, rows, ...(output === undefined ? {} : { output }), merge };
    };
    return tellWhile(progress, () => 'looking at what is to be merged', work());
  },
});

export const mergeRequest = operation({
  name: 'mission_merge_request',
  title: 'Ask for a merge',
  description:
    'For the agent of a repository: asks the merge queue to merge its own branch, and is told by a message what came of it. Asked for again while it waits, it is the same request.',
  input: z.object({}),
  output: z.object({ merge: MergeView }),
  readOnly: false,
  ownOfSlot: () => true,
  run: async (_, context) => ({ merge: await context.mission.merging.request(partyOf(context)) }),
});

export const workerPush = operation({
  name: 'mission_worker_push',
  title: 'Push the work of an agent',
  description:
    "Pushes the commits of an agent that was made at a pull request to the branch of that pull request, in this repository or in the fork that it comes from, else to a branch of the repository's remote that is called as its own. Forward alone: nothing that somebody else has pushed is written over, and no protected branch is reached. For a person, and for agents whose rules allow it.",
  input: z.object({
    name: z.string().min(1).max(70).describe('Its name, `repository/name`, or the name of its slot.'),
    repository: RepositoryName.optional(),
    to: z
      .string()
      .min(1)
      .max(LONGEST_SUBJECT)
      .optional()
      .describe("Another branch of the repository's remote. Only a person says so."),
    allowProtected: z
      .boolean()
      .default(false)
      .describe('A person agrees to the protected files that it changes. Refused from everybody else.'),
  }),
  output: PushView,
  readOnly: false,
  run: (request, context) => {
    const { mission, signal, progress } = context;
    const work = mission.merging.push(request, partyOf(context), signal);
    return tellWhile(progress, () => 'pushing', work);
  },
});

export const mergeQueue = operation({
  name: 'mission_merge_queue',
  title: 'See the merge queue',
  description:
    'What waits to be merged, what is being merged, and what was merged or refused and why; newest first.',
  input: z.object({
    ...whichRepository,
    limit: z.number().int().positive().max(MOST_LISTED).default(30),
  }),
  output: z.object({ merges: z.array(MergeView) }),
  readOnly: true,
  run: async (which, context) => ({
    merges: [...(await context.mission.merging.list(which, partyOf(context)))],
  }),
});

export const mergeCancel = operation({
  name: 'mission_merge_cancel',
  title: 'Take a merge out of the queue',
  description: 'Cancels a merge that has not begun.',
  input: z.object({ id: z.number().int().positive() }),
  output: z.object({ merge: MergeView }),
  readOnly: false,
  idempotent: true,
  run: async ({ id }, context) => ({ merge: await context.mission.merging.cancel(id, partyOf(context)) }),
});

export const review = operation({
  name: 'mission_review',
  title: 'Review a commit',
  description:
    'Says whether a change may be merged: `approve` or `request_changes`, for the very commit that was read. For the role reviewer and for a person; nobody reviews their own work.',
  input: z.object({
    ...whichRepository,
    commit: z
      .string()
      .trim()
      .min(1)
      .max(LONGEST_SUBJECT)
      .describe('The hash of the commit: git rev-parse BRANCH.'),
    verdict: z.enum(['approve', 'request_changes']),
    comments: z.string().max(20_000).default(''),
  }),
  output: z.object({ review: ReviewView }),
  readOnly: false,
  run: async (request, context) => ({
    review: await context.mission.merging.review(request, partyOf(context)),
  }),
});

export const mergingOperations = [mergeOne, mergeRequest, workerPush, mergeQueue, mergeCancel, review];
