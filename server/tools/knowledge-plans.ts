import { z } from 'zod';
import {
  KnowledgeOperation,
  PlannedOperationView,
  plannedOperationView,
} from '../../actors/knowledge/knowledge-views.ts';
import { RouterUsageView } from '../../actors/router/router-views.ts';
import { OPERATION_STATUSES } from '../../db/schema/knowledge.ts';
import { ANALYSIS_MODES } from '../../services/knowledge/analysis-prompts.ts';
import { KnowledgeCategory } from '../../services/knowledge/category.ts';
import { EmbeddingStandingView, kbEmbedRetry } from './knowledge-embeddings.ts';
import { operation } from './operation.ts';
import { tellWhile } from './tell-while.ts';

const MOST_ANALYZED = 2_000;
const MOST_PROMPT_CHARACTERS = 20_000;
const MOST_OPERATIONS = 500;

export const kbAnalyze = operation({
  name: 'mission_kb_analyze',
  title: 'Let a language model look at what is known',
  description:
    'A language model of the router looks at entries (addresses and what looks like a secret hidden) and says what it sees (`overview`), answers `custom_prompt` (`custom`), or plans what to merge, update, distill and delete (`consolidation_plan`). A plan waits in the queue for mission_kb_execute_plan; nothing of it happens by itself, and what of it cannot be done is named row by row. Page with `offset` while `has_more`. It costs money.',
  input: z.object({
    mode: z.enum(ANALYSIS_MODES).default('overview'),
    target_category: KnowledgeCategory.optional(),
    limit: z.number().int().min(1).max(MOST_ANALYZED).default(500),
    offset: z.number().int().nonnegative().default(0),
    include_board_context: z.boolean().default(false).describe('Titles of board tasks, open and done.'),
    custom_prompt: z.string().max(MOST_PROMPT_CHARACTERS).optional(),
    model: z.string().min(1).max(200).optional(),
    max_tokens: z.number().int().positive().max(1_000_000).optional(),
    save_plan: z.boolean().default(true),
  }),
  output: z.object({
    mode: z.enum(ANALYSIS_MODES),
    model: z.string(),
    backend: z.string(),
    entries_in_request: z.number().int(),
    total_entries: z.number().int(),
    offset: z.number().int(),
    has_more: z.boolean(),
    usage: RouterUsageView,
    cost_usd: z.number().nullable(),
    finish_reason: z.enum(['done', 'cut']),
    analysis: z.string().optional(),
    plan: z.array(PlannedOperationView).optional(),
    refused: z
      .array(z.object({ place: z.string(), why: z.string() }))
      .optional()
      .describe('What the model planned and cannot be done.'),
    plan_id: z.string().optional(),
    operations_saved: z.number().int().optional(),
    parse_warning: z.string().optional(),
    warning: z.string().optional(),
  }),
  readOnly: false,
  reachesOut: true,
  async run(request, { mission, caller, signal, progress }) {
    const { mode, offset } = request;
    const told = await tellWhile(
      progress,
      () => 'the model looks at the entries',
      mission.knowledge.analyze(
        {
          mode,
          offset,
          category: request.target_category,
          limit: request.limit,
          includeBoard: request.include_board_context,
          prompt: request.custom_prompt,
          model: request.model,
          maxTokens: request.max_tokens,
          savePlan: request.save_plan,
        },
        { by: caller, signal },
      ),
    );
    const { plan, refused, planId, broken, analysis } = told;
    return {
      mode,
      offset,
      model: told.model,
      backend: told.backend,
      entries_in_request: told.entriesInRequest,
      total_entries: told.totalEntries,
      has_more: told.hasMore,
      usage: told.usage,
      cost_usd: told.costUsd,
      finish_reason: told.finish,
      ...(analysis === undefined ? {} : { analysis }),
      ...(plan === undefined ? {} : { plan: plan.map(plannedOperationView) }),
      ...(refused === undefined ? {} : { refused: [...refused] }),
      ...(planId === undefined ? {} : { plan_id: planId, operations_saved: plan?.length ?? 0 }),
      ...(broken === undefined ? {} : { parse_warning: broken }),
      ...(told.finish === 'cut'
        ? { warning: 'The answer was cut at max_tokens: take a smaller limit.' }
        : {}),
    };
  },
});

export const kbQueueStatus = operation({
  name: 'mission_kb_queue_status',
  title: 'What is proposed for the knowledge',
  description:
    'Operations that were planned (mission_kb_analyze) or proposed (plan `proposals`: what was remembered beside something like it), and how many are in which state; and how many entries wait to be found by what they mean, or were refused by the embedding model.',
  input: z.object({
    plan_id: z.string().max(100).optional(),
    status: z.enum(OPERATION_STATUSES).optional(),
    limit: z.number().int().min(1).max(MOST_OPERATIONS).default(100),
  }),
  output: z.object({
    operations: z.array(KnowledgeOperation),
    count: z.number().int(),
    summary: z.partialRecord(z.enum(OPERATION_STATUSES), z.number().int()),
    embeddings: EmbeddingStandingView.optional().describe(
      'Entries that can be found by what they mean, and those that wait or were refused; absent while that is off.',
    ),
  }),
  readOnly: true,
  run({ plan_id, status, limit }, { mission }) {
    const found = mission.knowledge.plans.status({ planId: plan_id, status }, limit);
    const embeddings = mission.knowledge.embeddings();
    return {
      operations: [...found.operations],
      count: found.operations.length,
      summary: { ...found.summary },
      ...(embeddings === undefined ? {} : { embeddings }),
    };
  },
});

export const kbExecutePlan = operation({
  name: 'mission_kb_execute_plan',
  title: 'Do what is proposed',
  description:
    'Executes operations of a plan, oldest first, or drops them (`drop`: their ids). Each is done as a whole or not at all; mission_kb_undo with the batch takes all of it back.',
  input: z.object({
    plan_id: z.string().min(1).max(100),
    limit: z.number().int().min(1).max(100).default(5),
    drop: z.array(z.number().int()).max(MOST_OPERATIONS).optional(),
  }),
  output: z.object({
    executed: z.number().int(),
    dropped: z.number().int(),
    results: z.array(KnowledgeOperation),
    remaining: z.number().int(),
    batch: z.string().optional().describe('What was done together, for mission_kb_undo.'),
  }),
  readOnly: false,
  destructive: true,
  run({ plan_id, limit, drop }, { mission, caller }) {
    const { plans } = mission.knowledge;
    if (drop !== undefined) {
      const dropped = plans.drop(drop);
      const remaining = plans.status({ planId: plan_id }, 1).summary.pending ?? 0;
      return { executed: 0, dropped, results: [], remaining };
    }
    const { executed, results, remaining, batch: together } = plans.execute(plan_id, limit, caller);
    return { executed, dropped: 0, results: [...results], remaining, batch: together };
  },
});

export const knowledgePlanOperations = [kbAnalyze, kbQueueStatus, kbExecutePlan, kbEmbedRetry];
