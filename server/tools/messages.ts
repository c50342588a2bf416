import { z } from 'zod';
import type { Party } from '../../actors/messages/api.ts';
import { MessageView } from '../../actors/messages/message-views.ts';
import { MOST_CHARACTERS, partyOfSlot } from '../../actors/messages/post.ts';
import { PAGE_CHARACTERS } from '../../actors/mission/text-page.ts';
import { MESSAGE_STATUSES } from '../../db/schema/messages.ts';
import { type CallContext, operation } from './operation.ts';

const MOST_LISTED = 200;
const USUAL_LIST = 50;
const LONGEST_ADDRESSEE = 200;

const messageId = z
  .string()
  .min(4, 'give at least 4 characters of the id')
  .max(36)
  .describe('The id of a message, or the beginning of one when it is unique.');

/** The token says who writes; no word of the request does. */
function partyOf({ by, isPerson, caller }: CallContext): Party {
  if (by.role === 'slot') return { kind: 'slot', slotId: by.slotId };
  return isPerson ? { kind: 'person' } : { kind: 'program', name: caller };
}

const inboxOf = (inbox: string): string =>
  inbox.includes(':') || inbox === 'person' ? inbox : `slot:${inbox}`;

export const messageSend = operation({
  name: 'mission_message_send',
  title: 'Send a message',
  description:
    'Writes to members of the team; each receiver gets one of its own, in the order in which they were sent. An idle agent reads it at once, a busy one with the result of its next tool, a stopped one when it runs again. To: a slot id (or slot:ID), role:ROLE[@REPOSITORY], the name of an agent (REPOSITORY/NAME), all@REPOSITORY, or person.',
  input: z.object({
    to: z.string().min(1).max(LONGEST_ADDRESSEE).optional().describe('May be left out in a reply.'),
    body: z
      .string()
      .min(1)
      .describe(
        `Up to ${MOST_CHARACTERS} characters. Of a long one the receiver is given the beginning and how to read on.`,
      ),
    replyTo: messageId.optional(),
  }),
  output: z.object({ messages: z.array(MessageView) }),
  readOnly: false,
  ownOfSlot: () => true,
  run: (message, context) => ({ messages: [...context.mission.messages.send(message, partyOf(context))] }),
});

export const messageList = operation({
  name: 'mission_message_list',
  title: 'List messages',
  description:
    'Messages, the last ones first, with the beginning of what they say. An agent sees its own inbox; `inbox` is "person" or a slot for who may see them.',
  input: z.object({
    inbox: z.string().min(1).max(LONGEST_ADDRESSEE).optional().describe('"person" or a slot id.'),
    sent: z.boolean().default(false).describe('What was sent from there, in place of what came in.'),
    unread: z.boolean().default(false).describe('Only what is neither read nor acknowledged.'),
    status: z.enum(MESSAGE_STATUSES).optional(),
    limit: z.number().int().positive().max(MOST_LISTED).default(USUAL_LIST),
  }),
  output: z.object({
    messages: z.array(MessageView),
    total: z.number().int(),
    unread: z.number().int().optional(),
  }),
  readOnly: true,
  // Words of agents and of the person.
  access: 'orchestrator',
  ownOfSlot: ({ inbox }, slotId) => inbox === undefined || inboxOf(inbox) === partyOfSlot(slotId),
  run({ inbox, unread, ...rest }, context) {
    const listing = {
      ...rest,
      unreadOnly: unread,
      inbox: inbox === undefined ? undefined : inboxOf(inbox),
    };
    const { messages, ...counts } = context.mission.messages.list(listing, partyOf(context));
    return { messages: [...messages], ...counts };
  },
});

export const messageRead = operation({
  name: 'mission_message_read',
  title: 'Read a message',
  description:
    'One message with what it says; `nextOffset` where it goes on. Where its receiver asks, it is read by that.',
  input: z.object({
    id: messageId,
    offset: z.number().int().min(0).default(0).describe('Where to begin, in characters.'),
    limit: z.number().int().positive().max(PAGE_CHARACTERS).default(PAGE_CHARACTERS),
  }),
  output: MessageView,
  readOnly: false,
  idempotent: true,
  ownOfSlot: () => true,
  run: ({ id, ...page }, context) => context.mission.messages.read(id, page, partyOf(context)),
});

export const messageAck = operation({
  name: 'mission_message_ack',
  title: 'Acknowledge a message',
  description: 'Says that its receiver has taken care of a message.',
  input: z.object({ id: messageId }),
  output: MessageView,
  readOnly: false,
  idempotent: true,
  ownOfSlot: () => true,
  run: ({ id }, context) => context.mission.messages.acknowledge(id, partyOf(context)),
});

export const messageOperations = [messageSend, messageList, messageRead, messageAck];
