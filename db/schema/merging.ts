import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { RepositoryName } from '../ids.ts';
import { redactedJson, redactedText } from '../redacted-columns.ts';

/** One thing that the gate has looked at. */
export interface GateRow {
  readonly check: string;
  readonly ok: boolean;
  readonly message: string;
}

export const MERGE_METHODS = ['squash', 'merge', 'fast-forward'] as const;
export type MergeMethod = (typeof MERGE_METHODS)[number];

/**
 * A wish to merge, and what became of it. `requested`: an agent asks those who merge. `queued` and `checking` have changed nothing; `landing` is written before the
 * branch is moved, so that a daemon which is killed meanwhile looks what was done and does the rest.
 * `proposed`: a pull request to the upstream of a fork has it.
 */
export const merges = sqliteTable(
  'merges',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    repository: text().$type<RepositoryName>().notNull(),
    /** As it was named: a branch, a worker, `#12`. */
    subject: text().notNull(),
    /** The branch; null of a pull request whose branch is not here. */
    branch: text(),
    pullRequest: integer(),
    /** The branch that it goes into. */
    target: text(),
    method: text().$type<MergeMethod>().notNull(),
    status: text()
      .$type<
        | 'requested'
        | 'queued'
        | 'checking'
        | 'landing'
        | 'merged'
        | 'proposed'
        | 'refused'
        | 'failed'
        | 'cancelled'
      >()
      .notNull(),
    /** `person`, or the slot of a merge queue; of a request, that of any agent. */
    requestedBy: text().notNull(),
    /** A person has agreed to the protected files that it changes. */
    allowProtected: integer({ mode: 'boolean' }).notNull(),
    /** The commit that was judged. */
    head: text(),
    /** Where the target stood. */
    base: text(),
    /** What the target is moved to. */
    result: text(),
    rows: redactedJson<readonly GateRow[]>(),
    /** The end of what the check command printed. */
    output: redactedText(),
    /** What is left to do by hand although it is merged. */
    trouble: redactedText(),
    pushed: integer({ mode: 'boolean' }).notNull().default(false),
    createdAt: integer().notNull(),
    endedAt: integer(),
  },
  (table) => [
    index('merges_status').on(table.status),
    index('merges_repository').on(table.repository, table.id),
  ],
);

/** What somebody who has read a commit says of merging it. */
export const reviews = sqliteTable(
  'reviews',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    repository: text().$type<RepositoryName>().notNull(),
    /** The whole hash. */
    commit: text().notNull(),
    /** `person`, or a slot. */
    reviewer: text().notNull(),
    verdict: text().$type<'approve' | 'request_changes'>().notNull(),
    comments: redactedText().notNull(),
    createdAt: integer().notNull(),
  },
  (table) => [index('reviews_commit').on(table.repository, table.commit)],
);
