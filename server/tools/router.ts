import { z } from 'zod';
import {
  CHAT_ROLES,
  RouterHistoryView,
  RouterStandingView,
  RouterUsageView,
} from '../../actors/router/router-views.ts';
import { CHAT_CONTEXTS } from '../../db/schema/router.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { operation } from './operation.ts';
import { tellAnswer } from './tell-answer.ts';
import { tellWhile } from './tell-while.ts';

const MOST_MESSAGES = 200;
const MOST_CHARACTERS = 500_000;
const MOST_OUTPUT_TOKENS = 1_000_000;
const NO_SEARCH = 'No backend of the router searches the web: the model answered from what it knows.';

const boardTaskId = z
  .string()
  .min(1)
  .max(100)
  .describe('A board task, by its id or the unique beginning of it.');

export const routerStatus = operation({
  name: 'mission_router_status',
  title: 'How the router stands',
  description:
    'The backends of the AI router in the order in which they are asked, with their models, what is wrong with them, and what was spent today. It asks nobody.',
  input: z.object({}),
  output: RouterStandingView,
  readOnly: true,
  forSlots: false,
  run(_, { mission }) {
    const { backends, ...rest } = mission.router.standing();
    return {
      backends: backends.map(({ models, ...backend }) => ({ ...backend, models: [...models] })),
      ...rest,
    };
  },
});

export const routerChat = operation({
  name: 'mission_router_chat',
  title: 'Ask a language model',
  description:
    'Asks a language model of the router (not Claude Code: it uses no tools). With `task_id` what was said about that board task before goes along, and question and answer are kept with it for ever. `context` puts the board, what is known, or both beside the question; that is not kept. It costs money of the daily budget.',
  input: z.object({
    messages: z
      .array(z.object({ role: z.enum(CHAT_ROLES), content: z.string().min(1).max(MOST_CHARACTERS) }))
      .min(1)
      .max(MOST_MESSAGES)
      .refine(
        (messages) => messages.reduce((sum, { content }) => sum + content.length, 0) <= MOST_CHARACTERS,
        `all messages together are longer than ${MOST_CHARACTERS} characters`,
      ),
    task_id: boardTaskId.optional(),
    context: z.enum(CHAT_CONTEXTS).default('none'),
    model: z.string().min(1).max(200).optional().describe('As mission_router_status names them.'),
    max_tokens: z.number().int().positive().max(MOST_OUTPUT_TOKENS).optional(),
    search: z.boolean().optional().describe('No backend searches the web; the answer says so.'),
  }),
  output: z.object({
    model: z.string(),
    backend: z.string(),
    response: z.string(),
    usage: RouterUsageView,
    cost_usd: z.number().nullable().describe('Null for a model without a price.'),
    finish_reason: z.enum(['done', 'cut']).describe('`cut`: it had more to say than max_tokens let it.'),
    warning: z.string().optional(),
    context_budget: z
      .object({
        usedCharacters: z.number().int(),
        mostCharacters: z.number().int(),
        omitted: z.number().int().describe('Turns, cards and entries that found no room.'),
      })
      .optional(),
    conversation_id: z.string().optional(),
  }),
  readOnly: false,
  reachesOut: true,
  heardWhileMade: true,
  async run(
    { messages, task_id, context, model, max_tokens, search },
    { mission, signal, progress, heard, caller, by },
  ) {
    if (by.role === 'slot' && (task_id !== undefined || context !== 'none'))
      throw new MissionError('not_permitted', 'The agent of a slot asks with its own words alone.', {
        remedy:
          'Leave out `task_id` and `context`: what is kept with tasks, and what is known, is not shown to it by a model either.',
      });
    const told = tellAnswer({ progress, heard });
    const reply = await tellWhile(
      progress,
      told.sayWords,
      mission.router.chat(
        { messages, taskId: task_id, context, model, maxTokens: max_tokens },
        { by: caller, signal, heard: told.heard },
      ),
    );
    const { text, costUsd, finish, context: share, conversationId } = reply;
    const warnings = [
      ...(search === true ? [NO_SEARCH] : []),
      ...(text.trim() === '' ? ['The model answered with no words.'] : []),
      ...(finish === 'cut' ? ['The answer was cut at max_tokens.'] : []),
      ...(share !== undefined && share.omitted > 0
        ? [`${share.omitted} parts of the context found no room.`]
        : []),
    ];
    return {
      model: reply.model,
      backend: reply.backend,
      response: text,
      usage: reply.usage,
      cost_usd: costUsd,
      finish_reason: finish,
      ...(warnings.length === 0 ? {} : { warning: warnings.join(' ') }),
      ...(share === undefined ? {} : { context_budget: share }),
      ...(conversationId === undefined ? {} : { conversation_id: conversationId }),
    };
  },
});

export const routerChatHistory = operation({
  name: 'mission_router_chat_history',
  title: 'What models were asked about a board task',
  description:
    'Every question about a board task that mission_router_chat was asked, and every answer, in their order; of a very long conversation the newest. `unanswered`: the daemon ended over it; it is not asked again by itself.',
  input: z.object({
    task_id: boardTaskId,
    before: z.number().int().positive().optional().describe('Only what was asked before this `turn`.'),
  }),
  output: RouterHistoryView,
  readOnly: true,
  // What the person has said is in it: who only looks at slots does not get it, nor the agent of one.
  access: 'orchestrator',
  forSlots: false,
  run({ task_id, before }, { mission }) {
    const { taskId, conversationId, messages, omitted } = mission.router.history(task_id, before ?? null);
    return {
      task_id: taskId,
      conversation_id: conversationId,
      message_count: messages.length,
      omitted,
      messages: [...messages],
    };
  },
});

export const routerOperations = [routerStatus, routerChat, routerChatHistory];
