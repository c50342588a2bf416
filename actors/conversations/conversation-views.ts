import {
  type BlobRow,
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

function partView(part: MessagePartRow, messageText: string, blob: BlobRow | undefined) {
  const { position, kind, tool, toolUseId, isError, start, length, size, blobId } = part;
  const isImage = kind === 'image';
  const beginning = messageText.slice(start, start + length);
  const text = blob === undefined || isImage ? beginning : blob.content.toString();
  const image = isImage ? blob : undefined;
  const isAll = isImage ? image !== undefined : text.length >= size;
  return {
    kind,
    position,
    ...(tool === null ? {} : { tool }),
    ...(toolUseId === null ? {} : { toolUseId }),
    ...(isError ? { isError } : {}),
    text,
    size,
    ...(isAll ? {} : { rest: blobId !== null && blob === undefined ? ('kept' as const) : ('lost' as const) }),
    ...(image === undefined ? {} : { mediaType: image.mediaType, data: image.content.toString('base64') }),
  };
}

/** With everything that is known of it. `blobs`: what of its parts is shown whole, by their places. */
export function rawMessageView(
  row: MessageRow,
  parts: readonly MessagePartRow[],
  blobs: ReadonlyMap<number, BlobRow> = new Map(),
): MessageView {
  const { model, apiMessageId, text } = row;
  return {
    ...messageView(row),
    ...(model === null ? {} : { model }),
    ...(apiMessageId === null ? {} : { apiMessageId }),
    parts: parts.map((part) => partView(part, text, blobs.get(part.position))),
  };
}

export function eventView(row: ConversationEventRow, sessionId: string): ConversationEventView {
  const { id, type, content, at } = row;
  return { id, sessionId, eventType: type, content, ...(at === null ? {} : { timestamp: at }) };
}
