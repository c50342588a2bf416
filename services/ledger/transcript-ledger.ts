import { eq, isNotNull, sql } from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { conversationSlots, transcriptFiles, transcriptLineTypes } from '../../db/schema/conversations.ts';
import { sessions } from '../../db/schema/slots.ts';
import type { TaskListChange } from '../claude-tasks/listed-task.ts';
import type { PreparedLines } from '../conversations/prepared-lines.ts';
import type { ReadPlace } from '../conversations/read-lines.ts';
import { placeOfTranscript } from '../conversations/transcript-place.ts';
import { createConversationWriter } from './conversation-writer.ts';

export type TranscriptFileRow = typeof transcriptFiles.$inferSelect;

/** What was read of a transcript, and where that ended. */
export interface TranscriptProgress extends PreparedLines {
  readonly place: ReadPlace;
  /** Digest of the bytes before that place. */
  readonly tail: string;
  /** Lines that were too long. */
  readonly tooLong: number;
}

/**
 * Rows of transcripts and of what is said in them. Every method is one transaction.
 * @param standBack called before each that writes: may wait for somebody who must not
 */
export function createTranscriptLedger(db: MissionDatabase, standBack: () => void = () => {}) {
  const writer = createConversationWriter(db);
  const value = sql.placeholder;
  const byIdentity = db
    .select()
    .from(transcriptFiles)
    .where(eq(transcriptFiles.identity, value('identity')))
    .prepare();
  const countLines = db
    .insert(transcriptLineTypes)
    .values({ fileId: value('fileId'), type: value('type'), count: value('count') })
    .onConflictDoUpdate({
      target: [transcriptLineTypes.fileId, transcriptLineTypes.type],
      set: { count: sql`${transcriptLineTypes.count} + excluded.count` },
    })
    .prepare();
  const advance = db
    .update(transcriptFiles)
    .set({
      offset: sql`${value('offset')}`,
      skipping: sql`${value('skipping')}`,
      tail: sql`${value('tail')}`,
      brokenLines: sql`${transcriptFiles.brokenLines} + ${value('broken')}`,
    })
    .where(eq(transcriptFiles.id, value('id')))
    .prepare();

  const inTransaction = <Result>(work: () => Result): Result => {
    standBack();
    try {
      return atOnce(db, work);
    } catch (error) {
      writer.forget();
      throw error;
    }
  };

  return {
    /** Where sessions of slots have kept their files. */
    configDirectories(): readonly string[] {
      const rows = db
        .selectDistinct({ directory: sessions.configDirectory })
        .from(sessions)
        .where(isNotNull(sessions.configDirectory))
        .all();
      return rows.flatMap(({ directory }) => (directory === null ? [] : [directory]));
    },

    /** Whose sessions those of slots are. */
    sessionsOfSlots(): ReadonlyMap<string, SlotId> {
      const rows = db.select().from(conversationSlots).all();
      return new Map(rows.map(({ sessionId, slotId }) => [sessionId, slotId]));
    },

    /** How far each file was read, by its identity. */
    offsets(): ReadonlyMap<string, number> {
      const { identity, offset } = transcriptFiles;
      return new Map(
        db
          .select({ identity, offset })
          .from(transcriptFiles)
          .all()
          .map((row) => [row.identity, row.offset]),
      );
    },

    /** The row of a file; a new one for a file that was never read. */
    file(identity: string, path: string): TranscriptFileRow {
      const row = byIdentity.get({ identity });
      return row ?? db.insert(transcriptFiles).values({ identity, path }).returning().get();
    },

    move(row: TranscriptFileRow, path: string): TranscriptFileRow {
      db.update(transcriptFiles).set({ path }).where(eq(transcriptFiles.id, row.id)).run();
      return { ...row, path };
    },

    /** From the start: its content is another one. What was said stays. */
    beginAnew(row: TranscriptFileRow): TranscriptFileRow {
      const change = { offset: 0, tail: '', skipping: false, brokenLines: 0, restarts: row.restarts + 1 };
      inTransaction(() => {
        db.delete(transcriptLineTypes).where(eq(transcriptLineTypes.fileId, row.id)).run();
        db.update(transcriptFiles).set(change).where(eq(transcriptFiles.id, row.id)).run();
      });
      return { ...row, ...change };
    },

    /**
     * Stores what was read, and the place with it: neither is ever there without the other.
     * @returns the task lists that are not what they were
     */
    write(
      row: TranscriptFileRow,
      { lines, types, broken, place, tail, tooLong }: TranscriptProgress,
    ): readonly TaskListChange[] {
      const whose = placeOfTranscript(row.path);
      return inTransaction(() => {
        for (const line of lines) writer.add(whose, line);
        const taskLists = writer.finish();
        for (const [type, count] of types) countLines.run({ fileId: row.id, type, count });
        const { offset, skipping } = place;
        advance.run({ id: row.id, offset, skipping: Number(skipping), tail, broken: broken + tooLong });
        return taskLists;
      });
    },
  };
}

export type TranscriptLedger = ReturnType<typeof createTranscriptLedger>;
