import { z } from 'zod';
import { RunningSession } from '../claude/running-sessions.ts';
import { TaskListChange } from '../claude-tasks/listed-task.ts';

/** How far the transcripts have been read. Bytes. */
export const IngestProgress = z.object({
  /** `reading`: there is more to read than was written a moment ago; `following`: everything is read. */
  phase: z.enum(['starting', 'reading', 'following', 'stopped']),
  files: z.number().int(),
  /** Of what there was to read since it began. */
  bytesRead: z.number().int(),
  bytesTotal: z.number().int(),
  bytesPerSecond: z.number(),
  /** Why it does not go on now (a full disk); it tries again by itself. */
  problem: z.string().optional(),
});
export type IngestProgress = z.infer<typeof IngestProgress>;

export const NOT_STARTED: IngestProgress = {
  phase: 'starting',
  files: 0,
  bytesRead: 0,
  bytesTotal: 0,
  bytesPerSecond: 0,
};

/** From the thread that reads. */
export const IngestNews = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), progress: IngestProgress }),
  /** Null when it is over. */
  z.object({ type: z.literal('problem'), message: z.string().nullable() }),
  /** Claude Code's own task lists that have just changed. */
  z.object({ type: z.literal('task_lists'), changes: z.array(TaskListChange).readonly() }),
  /** The sessions of Claude Code that run now, after some have begun, ended, or gone over to something else. */
  z.object({ type: z.literal('sessions'), sessions: z.array(RunningSession).readonly() }),
]);
export type IngestNews = z.infer<typeof IngestNews>;

/** What must not be stored. */
export const KnownSecrets = z.object({
  secrets: z.array(z.string()),
  /** Slots whose secrets are not known yet: what they say is not read before. */
  withheldSlots: z.array(z.string()),
});
export type KnownSecrets = z.infer<typeof KnownSecrets>;

/** To the thread that reads. */
export const IngestOrder = z.discriminatedUnion('type', [
  z.object({ type: z.literal('look') }),
  z.object({ type: z.literal('secrets'), known: KnownSecrets }),
  z.object({ type: z.literal('close') }),
]);
export type IngestOrder = z.infer<typeof IngestOrder>;
