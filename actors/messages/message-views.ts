import { z } from 'zod';
import { MessageId, Role } from '../../db/ids.ts';
import { MESSAGE_STATUSES, MESSAGE_WAYS } from '../../db/schema/messages.ts';
import type { MessageRow } from '../../services/ledger/message-ledger.ts';
import { FIRST_PAGE, type PageRequest, pageOf } from '../mission/text-page.ts';
import { MOST_HOPS } from './chain.ts';

/** A message to one receiver. Times are epoch milliseconds. */
export const MessageView = z.object({
  id: MessageId,
  /** `slot:<id>`, `person`, `missiond` or `program:<name>`. */
  from: z.string(),
  fromRole: Role.optional(),
  /** `slot:<id>` or `person`. */
  to: z.string(),
  /** What the sender had said. */
  addressee: z.string(),
  replyTo: MessageId.optional(),
  /** The first message of the exchange. */
  conversationId: MessageId,
  body: z.string(),
  bodyTotalChars: z.number().int(),
  /** Where the rest of the body begins. */
  nextOffset: z.number().int().optional(),
  status: z.enum(MESSAGE_STATUSES),
  held: z
    .literal('chain')
    .optional()
    .describe('It stays in the inbox: too many messages of agents have followed from one another.'),
  way: z.enum(MESSAGE_WAYS).optional(),
  attempts: z.number().int(),
  /** Before which it is not tried again. */
  notBefore: z.number().optional(),
  failure: z.string().optional(),
  createdAt: z.number(),
  deliveredAt: z.number().optional(),
  readAt: z.number().optional(),
  acknowledgedAt: z.number().optional(),
  deadAt: z.number().optional(),
});
export type MessageView = z.infer<typeof MessageView>;

/** What everybody may hear of a message: not its words. */
const MessageFacts = MessageView.pick({ id: true, from: true, to: true, status: true, failure: true });

export const MESSAGE_EVENTS = [
  z.object({
    type: z.literal('message_changed'),
    sequence: z.number(),
    at: z.number(),
    message: MessageFacts,
  }),
] as const;

const without = <Value>(value: Value | null): Value | undefined => value ?? undefined;

export function messageFacts(row: MessageRow): z.infer<typeof MessageFacts> {
  const { id, sender, receiver, status, failure } = row;
  return { id, from: sender, to: receiver, status, failure: without(failure) };
}

/** A row as its sender and its receiver see it, with one page of what it says. */
export function messageView(row: MessageRow, page: PageRequest = FIRST_PAGE): MessageView {
  const { text, totalChars, nextOffset } = pageOf(row.body, page);
  return {
    id: row.id,
    from: row.sender,
    fromRole: without(row.senderRole),
    to: row.receiver,
    addressee: row.addressee,
    replyTo: without(row.replyTo),
    conversationId: row.conversationId,
    body: text,
    bodyTotalChars: totalChars,
    nextOffset,
    status: row.status,
    held: row.hops > MOST_HOPS ? 'chain' : undefined,
    way: without(row.status === 'pending' ? null : row.way),
    attempts: row.attempts,
    notBefore: without(row.notBefore),
    failure: without(row.failure),
    createdAt: row.createdAt,
    deliveredAt: without(row.deliveredAt),
    readAt: without(row.readAt),
    acknowledgedAt: without(row.acknowledgedAt),
    deadAt: without(row.deadAt),
  };
}
