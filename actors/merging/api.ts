import type { SlotId } from '../../db/ids.ts';
import type { GateRow, MergeMethod } from '../../db/schema/merging.ts';
import type { WhichAgent } from '../agents/api.ts';
import type { WhichRepository } from '../repositories/api.ts';
import type { MergeView, PushView, ReviewView } from './views.ts';

/** Who asks, as the token says: a person, or the agent of a slot. Programs merge nothing. */
export type MergingParty =
  | { readonly kind: 'person' }
  | { readonly kind: 'slot'; readonly slotId: SlotId }
  | { readonly kind: 'program' };

export interface MergeRequest extends WhichRepository {
  /** A branch, an agent, or a pull request. */
  readonly subject: string;
  readonly method: MergeMethod;
  /** A person agrees to the protected files that it changes. */
  readonly allowProtected: boolean;
}

export interface PushRequest extends WhichAgent {
  /** A branch of the repository's own remote; else that of its pull request, else one called as its own. */
  readonly to?: string | undefined;
  /** A person agrees to the protected files that it changes. */
  readonly allowProtected: boolean;
}

/** What is merged, and who has said what of it. Methods throw MissionError. */
export interface Merging {
  /**
   * Puts a merge into the queue of its repository and waits until it has ended; `signal` ends the wait, not the merge.
   * @throws MissionError `not_permitted` for everybody but a person and a merge queue
   */
  merge(request: MergeRequest, by: MergingParty, signal: AbortSignal): Promise<MergeView>;
  /** What would be found; nothing is merged. */
  tryMerge(
    request: MergeRequest,
    by: MergingParty,
    signal: AbortSignal,
  ): Promise<{
    readonly ok: boolean;
    readonly rows: readonly GateRow[];
    readonly output: string | null;
  }>;
  /**
   * An agent asks those who merge for a merge of its branch, and hears by a message what comes of it.
   * @throws MissionError `not_permitted`
   */
  request(by: MergingParty): Promise<MergeView>;
  /**
   * Pushes the commits of an agent to the branch of its pull request, or to one of the repository's remote: forward alone.
   * @throws MissionError `agent_unknown`, `not_permitted`, `person_only`, `repository_refused`, `worktree_refused`
   */
  push(request: PushRequest, by: MergingParty, signal: AbortSignal): Promise<PushView>;
  /** Newest first. */
  list(which: WhichRepository & { readonly limit: number }, by: MergingParty): Promise<readonly MergeView[]>;
  /** Takes one out that has not begun; an agent one of its own repository. */
  cancel(id: number, by: MergingParty): Promise<MergeView>;
  review(
    request: WhichRepository & {
      /** Its hash; a person may name a branch. */
      readonly commit: string;
      readonly verdict: 'approve' | 'request_changes';
      readonly comments: string;
    },
    by: MergingParty,
  ): Promise<ReviewView>;
}
