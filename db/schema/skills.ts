import { blob, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const SKILL_CHANGES = ['upsert', 'record', 'rollback'] as const;
export type SkillChange = (typeof SKILL_CHANGES)[number];

/** What a file of a skill was before missiond changed it, byte for byte: the person gets it back. */
export const skillVersions = sqliteTable(
  'skill_versions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    path: text().notNull(),
    at: integer().notNull(),
    by: text().notNull(),
    kind: text({ enum: SKILL_CHANGES }).notNull(),
    /** Null: there was no file. */
    before: blob({ mode: 'buffer' }),
    /** SHA-256 of what was written then; null: the file was taken away. */
    afterHash: text(),
  },
  (table) => [index('skill_versions_of_file').on(table.path, table.id)],
);
