import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { RepositoryName, SlotId } from '../ids.ts';
import type { RepositoryConfiguration } from '../repository-configuration.ts';

/** A git repository that the team works on. A row stays when it is removed: names of its agents are never used again. */
export const repositories = sqliteTable('repositories', {
  name: text().$type<RepositoryName>().primaryKey(),
  /** The top of its main working tree: the person's own folder, or a clone of ours. Links are resolved. */
  path: text().notNull(),
  /** The common git folder of all its working trees: what it is known by. */
  gitFolder: text().notNull(),
  /** Cloned by missiond, below the home. */
  isOurs: integer({ mode: 'boolean' }).notNull(),
  /** What it was cloned from, or what its remote points to; without a name or password in it. */
  url: text(),
  /** The name of the remote that is followed: `upstream` of a fork; null when it has none. */
  remote: text(),
  /** Null while there is none: no commit, or a detached HEAD without a remote. */
  defaultBranch: text(),
  /** Who said so: the remote when it was asked, what is known of it here, the branch of HEAD, or a person. */
  defaultBranchFrom: text().$type<'remote' | 'known' | 'head' | 'person'>().notNull(),
  isFork: integer({ mode: 'boolean' }).notNull(),
  upstreamUrl: text(),
  configuration: text({ mode: 'json' }).$type<RepositoryConfiguration>().notNull(),
  /** The one that is meant where nothing else says which; of one row at most. */
  isCurrent: integer({ mode: 'boolean' }).notNull().default(false),
  createdAt: integer().notNull(),
  removedAt: integer(),
});

/** Two agents that are at the same files: told to both, once for each file. */
export const overlaps = sqliteTable(
  'overlaps',
  {
    repository: text().$type<RepositoryName>().notNull(),
    /** The one whose slot comes first by its name. */
    oneSlotId: text().$type<SlotId>().notNull(),
    otherSlotId: text().$type<SlotId>().notNull(),
    /** Where both have changes now. */
    sharedPaths: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
    /** Where their commits would conflict; null when this git cannot say. */
    conflictPaths: text({ mode: 'json' }).$type<readonly string[]>(),
    /** Of which both were told, ever. */
    toldPaths: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
    /** Since when they are. */
    foundAt: integer().notNull().default(0),
    seenAt: integer().notNull(),
    /** When they were not at the same files any more. */
    endedAt: integer(),
  },
  (table) => [
    primaryKey({ columns: [table.oneSlotId, table.otherSlotId] }),
    index('overlaps_repository').on(table.repository, table.endedAt),
  ],
);
