import { z } from 'zod';
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
  problem: z.string().optional().describe('What is wrong with the files; what was read last stays in force.'),
  day: z.string(),
  spentUsd: z.number().describe('Of this day, with what calls under way may cost.'),
  dailyBudgetUsd: z.number().optional(),
});
