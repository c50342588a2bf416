import { z } from 'zod';
import { BoardTaskId } from '../../db/ids.ts';
import { TURN_OUTCOMES } from '../../db/schema/router.ts';
import { BACKEND_TYPES } from '../../services/router/settings-schema.ts';

/** How the router stands. No secret is in it. */
export const RouterStandingView = z.object({
  backends: z.array(
    z.object({
      name: z.string(),
      type: z.enum(BACKEND_TYPES),
      baseUrl: z.string(),
      models: z.array(z.string()).describe('Empty: it takes any name.'),
      embeddingModel: z.string().optional(),
      running: z.number().int().describe('Requests under way.'),
      problem: z.string().optional().describe('Why it cannot be asked.'),
    }),
  ),
  problem: z
    .string()
    .optional()
    .describe('What is wrong with the files. Where they cannot be read, what was read last stays in force.'),
  day: z.string(),
  spentUsd: z.number().describe('Of this day, with what calls under way may cost.'),
  unknown: z
    .object({ calls: z.number().int(), usd: z.number() })
    .optional()
    .describe(
      'Of this, calls over which the daemon was killed: nobody knows whether they were paid, so they count with the most that they may have cost.',
    ),
  dailyBudgetUsd: z.number().optional(),
});

export const CHAT_ROLES = ['user', 'assistant', 'system'] as const;

export const RouterUsageView = z.object({
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  estimated: z.literal(true).optional().describe('The backend did not tell.'),
});

/** One message of a conversation with a language model about a board task. */
export const RouterHistoryView = z.object({
  task_id: BoardTaskId,
  conversation_id: z.string(),
  message_count: z.number().int(),
  omitted: z.number().int().describe('Older questions that found no room: ask with `before` for them.'),
  messages: z.array(
    z.object({
      role: z.enum(CHAT_ROLES),
      content: z.string(),
      turn: z.number().int(),
      at: z.number(),
      status: z.enum([...TURN_OUTCOMES, 'running', 'unanswered']).optional(),
      error: z.string().optional(),
      by: z.string().optional(),
      model: z.string().optional(),
      backend: z.string().optional(),
    }),
  ),
});
