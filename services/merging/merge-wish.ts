import type { MergeMethod } from '../../db/schema/merging.ts';

/** What somebody wants to have merged. */
export interface MergeWish {
  /** A branch, an agent, or a pull request. */
  readonly subject: string;
  readonly method: MergeMethod;
  /** A person agrees to the protected files that it changes. */
  readonly allowProtected: boolean;
  /** A person asks for it, and not an agent whose queue the repository may have none of. */
  readonly isOfPerson: boolean;
}
