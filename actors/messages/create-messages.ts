import type { MessageStatus } from '../../db/schema/messages.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { MessageLedger, MessageRow } from '../../services/ledger/message-ledger.ts';
import type { MissionCore } from '../core.ts';
import { IN_LIST } from '../mission/text-page.ts';
import type { Messages, Party } from './api.ts';
import { messageView } from './message-views.ts';
import { nameOf, PERSON, type Post } from './post.ts';

const UNREAD: readonly MessageStatus[] = ['pending', 'delivered'];

/** The inboxes of agents and of the person, as the doors ask for them. */
export function createMessages({
  core,
  ledger,
  post,
}: {
  readonly core: Pick<MissionCore, 'now'>;
  readonly ledger: MessageLedger;
  readonly post: Post;
}): Messages {
  /** Orchestrators and the person see all; a slot sees what it sent or got. */
  function findFor(idOrPrefix: string, by: Party): MessageRow {
    const row = post.find(idOrPrefix);
    const name = nameOf(by);
    if (by.kind !== 'slot' || row.receiver === name || row.sender === name) return row;
    throw new MissionError('message_unknown', `There is no message "${idOrPrefix}".`, {
      remedy: 'mission_message_list names them.',
    });
  }

  function mark(row: MessageRow, change: Partial<MessageRow>): MessageRow {
    ledger.update([row.id], change);
    const marked = { ...row, ...change };
    post.tell([marked]);
    return marked;
  }

  /** What its receiver has in hand needs to be delivered no more. */
  function isReadNow({ receiver, status, taskId, epoch }: MessageRow, by: Party): boolean {
    return receiver === nameOf(by) && UNREAD.includes(status) && taskId === null && epoch === null;
  }

  return {
    send: (message, from) => post.send(message, from).map((row) => messageView(row, IN_LIST)),

    list({ inbox, sent, unreadOnly, status, limit }, by) {
      const whose = by.kind === 'slot' ? nameOf(by) : inbox;
      const statuses = unreadOnly ? UNREAD : status === undefined ? undefined : [status];
      const filter = { statuses, ...(sent ? { sender: whose } : { receiver: whose }) };
      return {
        messages: ledger.list(filter, limit).map((row) => messageView(row, IN_LIST)),
        total: ledger.count(filter),
        ...(whose === undefined || sent ? {} : { unread: ledger.unread(whose) }),
      };
    },

    read(idOrPrefix, page, by) {
      const row = findFor(idOrPrefix, by);
      const now = core.now();
      return messageView(
        isReadNow(row, by)
          ? mark(row, { status: 'read', readAt: now, deliveredAt: row.deliveredAt ?? now })
          : row,
        page,
      );
    },

    takeUndelivered(id, by) {
      const row = findFor(id, by);
      if (row.status !== 'pending' || !isReadNow(row, by)) return false;
      const now = core.now();
      mark(row, { status: 'read', readAt: now, deliveredAt: now });
      return true;
    },

    acknowledge(idOrPrefix, by) {
      const row = findFor(idOrPrefix, by);
      const isReceiver = row.receiver === nameOf(by);
      if (!isReceiver && !(by.kind === 'person' && row.receiver === PERSON))
        throw new MissionError('not_permitted', 'Only the receiver of a message acknowledges it.', {
          remedy: `It is ${row.receiver}'s.`,
        });
      if (row.status === 'acknowledged' || row.status === 'dead') return messageView(row);
      const now = core.now();
      return messageView(
        mark(row, {
          status: 'acknowledged',
          acknowledgedAt: now,
          readAt: row.readAt ?? now,
          deliveredAt: row.deliveredAt ?? now,
        }),
      );
    },
  };
}
