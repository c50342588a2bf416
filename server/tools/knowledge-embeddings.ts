import { z } from 'zod';
import { operation } from './operation.ts';

/** How it stands with finding entries by what they mean. */
export const EmbeddingStandingView = z.object({
  backend: z.string().optional().describe('Who embeds first; absent where nobody does.'),
  model: z.string().optional(),
  waiting: z.number().int(),
  embedded: z.number().int(),
  refused: z
    .number()
    .int()
    .describe('Entries that the model would not embed; they are tried again when their words or it change.'),
  givenUp: z
    .array(z.object({ category: z.string(), key: z.string(), because: z.string() }))
    .readonly()
    .describe('Some of the refused, and what was said.'),
  problem: z.string().optional(),
});

export const kbEmbedRetry = operation({
  name: 'mission_kb_embed_retry',
  title: 'Embed anew what was refused',
  description:
    'Entries that the embedding model has refused are tried again, as when its limits have changed. mission_kb_queue_status says which those are, and why.',
  input: z.object({}),
  output: z.object({ retried: z.number().int() }),
  readOnly: false,
  run: (_, { mission }) => ({ retried: mission.knowledge.embedAnew() }),
});
