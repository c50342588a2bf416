import { and, desc, eq, lt } from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { skillVersions } from '../../db/schema/skills.ts';

export type SkillVersionRow = typeof skillVersions.$inferSelect;

/** Of one file. Nobody goes further back, and each is a whole file. */
const MOST_VERSIONS = 30;

/** What files of skills were before they were changed. */
export function createSkillLedger(db: MissionDatabase) {
  return {
    /** Keeps it before the file is written. The oldest one beyond the limit goes. */
    add(row: Omit<SkillVersionRow, 'id'>): number {
      return atOnce(db, () => {
        const { id } = db.insert(skillVersions).values(row).returning({ id: skillVersions.id }).get();
        const last = db
          .select({ id: skillVersions.id })
          .from(skillVersions)
          .where(eq(skillVersions.path, row.path))
          .orderBy(desc(skillVersions.id))
          .limit(1)
          .offset(MOST_VERSIONS - 1)
          .get();
        if (last !== undefined)
          db.delete(skillVersions)
            .where(and(eq(skillVersions.path, row.path), lt(skillVersions.id, last.id)))
            .run();
        return id;
      });
    },

    /** Of a file that could not be written after all. */
    drop(id: number): void {
      db.delete(skillVersions).where(eq(skillVersions.id, id)).run();
    },

    /** The latest first. */
    of(path: string): readonly SkillVersionRow[] {
      return db
        .select()
        .from(skillVersions)
        .where(eq(skillVersions.path, path))
        .orderBy(desc(skillVersions.id))
        .all();
    },
  };
}

export type SkillLedger = ReturnType<typeof createSkillLedger>;
