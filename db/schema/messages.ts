import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Epoch, MessageId, Role, TaskId } from '../ids.ts';
import { redactedText } from '../redacted-columns.ts';

/**
 * `pending`: it waits for its receiver. `delivered`: it is in the conversation of the receiver, which was looked up there.
 * `read`, `acknowledged`: the receiver has said so. `dead`: it will not be delivered, and the sender was told why.
 */
export const MESSAGE_STATUSES = ['pending', 'delivered', 'read', 'acknowledged', 'dead'] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** Typed as a prompt, or given with the result of a tool. */
export const MESSAGE_WAYS = ['typed', 'hook'] as const;
export type MessageWay = (typeof MESSAGE_WAYS)[number];

/** What the team tells one another: one row a receiver, also where a role or everybody was addressed. */
export const messages = sqliteTable(
  'messages',
  {
    /** Grows with every message, so also with every one of a sender to a receiver: the order of delivery. */
    place: integer().primaryKey({ autoIncrement: true }),
    id: text().$type<MessageId>().notNull().unique(),
    /** `slot:<id>`, `person`, `missiond`, or `program:<name>`. */
    sender: text().notNull(),
    senderRole: text().$type<Role>(),
    /** `slot:<id>` or `person`. */
    receiver: text().notNull(),
    /** As the sender had said it. */
    addressee: text().notNull(),
    replyTo: text().$type<MessageId>(),
    /** The first message of the exchange. */
    conversationId: text().$type<MessageId>().notNull(),
    body: redactedText().notNull(),
    /** How many messages of agents led to it, one from the other, with nothing from a person and no task between; 0: it is of no agent. */
    hops: integer().notNull().default(0),
    /** It waits in the inbox until its receiver looks: it is typed nowhere. */
    inboxOnly: integer({ mode: 'boolean' }).notNull(),
    status: text({ enum: MESSAGE_STATUSES }).notNull(),
    /** How it was delivered, or is being. */
    way: text({ enum: MESSAGE_WAYS }),
    /** How often it was on its way and did not arrive. */
    attempts: integer().notNull().default(0),
    notBefore: integer(),
    /** Why it is dead, or the last attempt failed. */
    failure: redactedText(),
    /** The task that types it. */
    taskId: text().$type<TaskId>(),
    /** The run that it was handed to, beside which tool's result, and from where on its transcript says whether it arrived. */
    epoch: text().$type<Epoch>(),
    toolUseId: text(),
    transcriptPath: text(),
    transcriptOffset: integer(),
    createdAt: integer().notNull(),
    deliveredAt: integer(),
    readAt: integer(),
    acknowledgedAt: integer(),
    deadAt: integer(),
  },
  (table) => [
    index('messages_waiting').on(table.status, table.receiver, table.place),
    index('messages_inbox').on(table.receiver, table.place),
    index('messages_sent').on(table.sender, table.place),
  ],
);
