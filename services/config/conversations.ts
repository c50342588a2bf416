import { z } from 'zod';

/** `conversations:` of slots.yaml. */
export const ConversationsSchema = z.strictObject({
  /** False: only conversations of slots are read, not those of the person. */
  person: z.boolean().default(true),
});
export type ConversationsConfig = z.output<typeof ConversationsSchema>;
