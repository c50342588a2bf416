import {
  type ConversationEventRow,
  type ConversationRow,
  ENDED_AFTER_MS,
  type MessagePartRow,
  type MessageRow,
} from '../../services/ledger/conversation-ledger.ts';
import type { ConversationEventView, ConversationView, MessageView } from './views.ts';

function statusOf({ lastAt, compactions }: ConversationRow, now: number): ConversationView['status'] {
  if (lastAt !== null && lastAt >= now - ENDED_AFTER_MS) return 'active';
  return compactions > 0 ? 'compacted' : 'completed';
}

export function conversationView(row: ConversationRow, now: number): ConversationView {
  const { name, project, slotId, model, gitBranch, claudeVersion, parent, parentToolUseId, title } = row;
  return {
    id: name,
    status: statusOf(row, now),
    messageCount: row.messageCount,
    compactions: row.compactions,
    ...(project === null ? {} : { project }),
    ...(slotId === null ? {} : { slotId }),
    ...(model === null ? {} : { model }),
    ...(gitBranch === null ? {} : { gitBranch }),
    ...(claudeVersion === null ? {} : { claudeVersion }),
    ...(parent === null ? {} : { parentSessionId: parent }),
    ...(parentToolUseId === null ? {} : { parentToolUseId }),
    ...(title === null ? {} : { title }),
    ...(row.startedAt === null ? {} : { startedAt: row.startedAt }),
    ...(row.lastAt === null ? {} : { lastAt: row.lastAt }),
  };
}

export function messageView(row: MessageRow): MessageView {
  const { id, role, text, at, uuid, parentUuid } = row;
  return {
    id,
    role,
    content: text,
    messageUuid: uuid,
    ...(at === null ? {} : { timestamp: at }),
    ...(parentUuid === null ? {} : { parentUuid }),
  };
}

/** With everything that is known of it. */
export function rawMessageView(row: MessageRow, parts: readonly MessagePartRow[]): MessageView {
  const { model, apiMessageId, text } = row;
  return {
    ...messageView(row),
    ...(model === null ? {} : { model }),
    ...(apiMessageId === null ? {} : { apiMessageId }),
    parts: parts.map(({ kind, tool, toolUseId, isError, start, length, size }) => ({
      kind,
      ...(tool === null ? {} : { tool }),
      ...(toolUseId === null ? {} : { toolUseId }),
      ...(isError ? { isError } : {}),
      text: text.slice(start, start + length),
      size,
    })),
  };
}

export function eventView(row: ConversationEventRow, sessionId: string): ConversationEventView {
  const { id, type, content, at } = row;
  return { id, sessionId, eventType: type, content, ...(at === null ? {} : { timestamp: at }) };
}
