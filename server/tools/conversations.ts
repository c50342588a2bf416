import { z } from 'zod';
import {
  ConversationEventView,
  ConversationStatusView,
  ConversationView,
  IngestProgressView,
  MessageRoleView,
  MessageView,
  SearchResultView,
  TokenStatView,
} from '../../actors/conversations/views.ts';
import { SlotId } from '../../db/ids.ts';
import { operation } from './operation.ts';
import { Moment, momentOf } from './submit-options.ts';

const MOST_CONVERSATIONS = 200;
const MOST_MESSAGES = 500;
const MOST_RESULTS = 100;
const MOST_CONTEXT = 5;

const sessionId = z
  .string()
  .min(4, 'give at least 4 characters of the id')
  .max(300)
  .describe('The id of a conversation, or its unique beginning.');
const project = z.string().min(1).describe('A folder with what lies below it, or the name of a folder.');
const cursor = z.string().optional().describe('`next` of the page before.');
const since = Moment.optional().describe('Epoch milliseconds or ISO 8601 with a time zone.');
const until = Moment.optional().describe('Not included.');
const limited = (most: number, usual: number) => z.number().int().positive().max(most).default(usual);

// What the person and other slots have said is in them: no agent of a slot gets them, and who only looks at slots neither.
const words = { readOnly: true, access: 'orchestrator', forSlots: false } as const;
const counts = { readOnly: true, forSlots: false } as const;

export const conversationList = operation({
  name: 'mission_conversation_list',
  title: 'List conversations',
  description:
    "Every conversation with Claude Code, the person's own and those of slots, the last one first. `active`: something was said within ten minutes.",
  input: z.object({
    status: ConversationStatusView.optional(),
    project: project.optional(),
    slotId: SlotId.optional(),
    withAgents: z.boolean().default(false).describe('Those of subagents as well.'),
    limit: limited(MOST_CONVERSATIONS, 20),
    cursor,
  }),
  output: z.object({ conversations: z.array(ConversationView), next: z.string().optional() }),
  ...words,
  run({ limit, cursor, ...filter }, { mission }) {
    const { conversations, ...more } = mission.conversations.list(filter, { limit, cursor });
    return { conversations: [...conversations], ...more };
  },
});

export const conversationGet = operation({
  name: 'mission_conversation_get',
  title: 'Read a conversation',
  description:
    'The last messages of a conversation, or those after `sinceId`, with its subagents. Inputs and results of tools are beginnings. `includeRaw` adds models and the parts of each message; where a part says `rest: kept`, `messageId` shows that message whole: long inputs and results, images as base64.',
  input: z.object({
    sessionId,
    tail: limited(MOST_MESSAGES, 50).describe('How many messages.'),
    sinceId: z
      .number()
      .int()
      .nonnegative()
      .optional()
      .describe('Only messages with a larger id, the oldest first.'),
    includeRaw: z.boolean().default(false),
    messageId: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('Only this message, with all that is kept of it.'),
    part: z
      .number()
      .int()
      .nonnegative()
      .optional()
      .describe('Of that message only the part at this `position` whole, where all together are too large.'),
  }),
  output: z.object({
    conversation: ConversationView,
    messages: z.array(MessageView),
    count: z.number().int(),
    subagents: z.array(ConversationView),
  }),
  ...words,
  run({ sessionId, ...options }, { mission }) {
    const { conversation, messages, subagents } = mission.conversations.get(sessionId, options);
    return { conversation, messages: [...messages], count: messages.length, subagents: [...subagents] };
  },
});

export const conversationSearch = operation({
  name: 'mission_conversation_search',
  title: 'Search conversations',
  description:
    'Full-text search over everything that was said, inputs and results of tools included: all words must be there, `"quoted ones"` side by side, `begin*` by their beginning; Chinese, Japanese and Korean anywhere in a text. The best of the newest hits come first. A page may hold fewer than there are when filters leave out much: go on with `next` as `cursor`.',
  input: z.object({
    query: z.string().min(1).max(1_000),
    sessionId: sessionId.optional(),
    excludeSessionId: sessionId.optional(),
    project: project.optional(),
    slotId: SlotId.optional(),
    role: MessageRoleView.optional(),
    model: z.string().min(1).optional(),
    tool: z.string().min(1).optional().describe('Calls of this tool, and what they came to.'),
    since,
    until,
    context: z
      .number()
      .int()
      .min(0)
      .max(MOST_CONTEXT)
      .default(1)
      .describe('Messages before and after each hit.'),
    limit: limited(MOST_RESULTS, 20),
    cursor,
  }),
  output: z.object({
    results: z.array(SearchResultView),
    count: z.number().int(),
    query: z.string(),
    next: z.string().optional(),
  }),
  ...words,
  run({ since, until, ...request }, { mission }) {
    const { results, ...more } = mission.conversations.search({
      ...request,
      since: momentOf(since),
      until: momentOf(until),
    });
    return { results: [...results], count: results.length, query: request.query, ...more };
  },
});

export const conversationEvents = operation({
  name: 'mission_conversation_events',
  title: 'What happened in a conversation',
  description:
    'Beside what was said: ends of turns, compactions, titles; newest first. Without `sessionId`: how many lines of which type all transcripts have, those included of which nothing else is kept.',
  input: z.object({
    sessionId: sessionId.optional(),
    eventType: z.string().optional(),
    limit: limited(MOST_MESSAGES, 100),
  }),
  output: z.object({
    sessionId: z.string().optional(),
    events: z.array(ConversationEventView).optional(),
    count: z.number().int().optional(),
    summary: z.array(z.object({ eventType: z.string(), count: z.number().int() })).optional(),
    totalTypes: z.number().int().optional(),
    brokenLines: z.number().int().optional(),
  }),
  ...words,
  run({ sessionId, eventType, limit }, { mission }) {
    if (sessionId !== undefined) {
      const events = mission.conversations.events(sessionId, { type: eventType, limit });
      return { sessionId, events: [...events], count: events.length };
    }
    const { summary, brokenLines } = mission.conversations.lineTypes();
    return { summary: [...summary], totalTypes: summary.length, brokenLines };
  },
});

export const agentTrajectory = operation({
  name: 'mission_agent_trajectory',
  title: 'What a subagent did',
  description: 'The messages of the subagent that a call of a tool began, in their order.',
  input: z.object({ toolUseId: z.string().min(1), limit: limited(MOST_MESSAGES, 200) }),
  output: z.object({
    toolUseId: z.string(),
    agentId: z.string(),
    conversation: ConversationView,
    messages: z.array(MessageView),
    count: z.number().int(),
  }),
  ...words,
  run({ toolUseId, limit }, { mission }) {
    const { conversation, messages } = mission.conversations.trajectory(toolUseId, limit);
    return {
      toolUseId,
      agentId: conversation.id,
      conversation,
      messages: [...messages],
      count: messages.length,
    };
  },
});

export const tokenStats = operation({
  name: 'mission_token_stats',
  title: 'Count tokens',
  description:
    'Tokens as the model reported them, each answer once, subagents included, with their price: by conversation, slot, model, day (local time) or task. Models that the table of prices does not have are named in `unpriced`.',
  input: z.object({
    sessionId: sessionId.optional(),
    slotId: SlotId.optional(),
    since,
    until,
    groupBy: z.enum(['session', 'slot', 'model', 'day', 'task']).optional(),
  }),
  output: z.object({ stats: z.array(TokenStatView) }),
  ...counts,
  run({ groupBy, since, until, ...filter }, { mission }) {
    const meant = { ...filter, since: momentOf(since), until: momentOf(until) };
    return { stats: [...mission.conversations.tokens(meant, groupBy ?? null)] };
  },
});

export const conversationStatus = operation({
  name: 'mission_conversation_status',
  title: 'How far transcripts are read',
  description: 'Whether everything that Claude Code has written down is read, and how much is left.',
  input: z.object({}),
  output: IngestProgressView,
  ...counts,
  run: (_, { mission }) => mission.conversations.progress(),
});

export const conversationBackfill = operation({
  name: 'mission_conversation_backfill',
  title: 'Look for new transcripts',
  description:
    'Looks at once for transcripts that are not read yet; missiond does so by itself every second. Follow it with mission_conversation_status.',
  input: z.object({}),
  output: IngestProgressView,
  readOnly: false,
  idempotent: true,
  forSlots: false,
  run: (_, { mission }) => mission.conversations.look(),
});

export const conversationOperations = [
  conversationList,
  conversationGet,
  conversationSearch,
  conversationEvents,
  agentTrajectory,
  tokenStats,
  conversationStatus,
  conversationBackfill,
];
