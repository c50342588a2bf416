import { z } from 'zod';

/** `conversations:` of slots.yaml. */
export const ConversationsSchema = z.strictObject({
  /** False: only conversations of slots are read, not those of the person. */
  person: z.boolean().default(true),
  /** What was said in conversations that ended before is forgotten. For ever without it. */
  keepDays: z.number().positive().optional(),
  /** So long, long results of tools and images are kept beside their beginnings. */
  keepLongDays: z.number().positive().default(90),
});
export type ConversationsConfig = z.output<typeof ConversationsSchema>;
