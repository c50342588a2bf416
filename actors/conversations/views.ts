import { z } from 'zod';
import { SlotId } from '../../db/ids.ts';
import { IngestProgress } from '../../services/conversations/ingest-progress.ts';

export const ConversationStatusView = z.enum(['active', 'completed', 'compacted']);

/** A conversation. Times are epoch milliseconds. */
export const ConversationView = z.object({
  /** Claude Code's id of the session; of a subagent that of its session, `/` and its own. */
  id: z.string(),
  status: ConversationStatusView,
  project: z.string().optional(),
  slotId: SlotId.optional(),
  model: z.string().optional(),
  gitBranch: z.string().optional(),
  claudeVersion: z.string().optional(),
  /** Of a subagent: whose it is, and the call that began it. */
  parentSessionId: z.string().optional(),
  parentToolUseId: z.string().optional(),
  /** The beginning of what was said first. */
  title: z.string().optional(),
  messageCount: z.number().int(),
  compactions: z.number().int(),
  startedAt: z.number().optional(),
  lastAt: z.number().optional(),
});
export type ConversationView = z.infer<typeof ConversationView>;

/** `system`: Claude Code itself put it in (a summary, what a command printed). */
export const MessageRoleView = z.enum(['user', 'assistant', 'thinking', 'tool_use', 'tool_result', 'system']);

/** One part of a message; its text is a part of the message's content. */
const MessagePartView = z.object({
  kind: z.enum(['text', 'thinking', 'tool_use', 'tool_result', 'image', 'other']),
  tool: z.string().optional(),
  toolUseId: z.string().optional(),
  isError: z.boolean().optional(),
  /** Its place among the parts. */
  position: z.number().int(),
  text: z.string(),
  /** Characters, or bytes of an image, that it had in all. */
  size: z.number().int(),
  /** `kept`: there is more of it, for whoever asks for this message; `lost`: more than is kept. Absent: this is all. */
  rest: z.enum(['kept', 'lost']).optional(),
  /** Of an image that was asked for. */
  mediaType: z.string().optional(),
  /** Base64. */
  data: z.string().optional(),
});

/** Known secrets are taken out of what was said. */
export const MessageView = z.object({
  id: z.number().int(),
  role: MessageRoleView,
  content: z.string(),
  timestamp: z.number().optional(),
  messageUuid: z.string(),
  parentUuid: z.string().optional(),
  /** With `includeRaw`, and of a message that was asked for. */
  model: z.string().optional(),
  apiMessageId: z.string().optional(),
  parts: z.array(MessagePartView).optional(),
});
export type MessageView = z.infer<typeof MessageView>;

export const ConversationEventView = z.object({
  id: z.number().int(),
  sessionId: z.string(),
  eventType: z.string(),
  content: z.string(),
  timestamp: z.number().optional(),
});
export type ConversationEventView = z.infer<typeof ConversationEventView>;

const NeighbourView = z.object({ id: z.number().int(), role: MessageRoleView, content: z.string() });

/** A message in which everything that was looked for is. */
export const SearchResultView = z.object({
  id: z.number().int(),
  sessionId: z.string(),
  project: z.string().optional(),
  slotId: SlotId.optional(),
  role: MessageRoleView,
  /** The words around the first hit, hits between `>>>` and `<<<`. */
  content: z.string(),
  timestamp: z.number().optional(),
  score: z.number(),
  /** Beginnings of what was said just before and after. */
  before: z.array(NeighbourView),
  after: z.array(NeighbourView),
});
export type SearchResultView = z.infer<typeof SearchResultView>;

/** Tokens of a group, as the model reported them; each answer counts once. */
export const TokenStatView = z.object({
  /** Of what is counted together; empty for what belongs to no slot, or to no task. */
  group_key: z.string().optional(),
  total_input: z.number().int(),
  total_cache_creation: z.number().int(),
  total_cache_read: z.number().int(),
  total_output: z.number().int(),
  record_count: z.number().int(),
  /** Dollars, by the table of prices; without the models that it does not have. */
  cost_usd: z.number(),
  /** Models without a price. */
  unpriced: z.array(z.string()).optional(),
});
export type TokenStatView = z.infer<typeof TokenStatView>;

export const IngestProgressView = IngestProgress;
