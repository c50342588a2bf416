import type { MessageId, SlotId } from '../../db/ids.ts';
import type { MessageStatus } from '../../db/schema/messages.ts';
import type { PageRequest } from '../mission/text-page.ts';
import type { MessageView } from './message-views.ts';

/** Who writes or reads, as the token says. */
export type Party =
  | { readonly kind: 'slot'; readonly slotId: SlotId }
  | { readonly kind: 'person' }
  /** An orchestrating agent or another program with a token of the person. */
  | { readonly kind: 'program'; readonly name: string };

export interface MessageToSend {
  /** Left out, the answer goes to whom it answers. */
  readonly to?: string | undefined;
  readonly body: string;
  readonly replyTo?: string | undefined;
  /** It is a state rather than an event: where the same words wait already, they say it. */
  readonly isState?: boolean;
}

export interface MessageListing {
  /** Whose: `person` or `slot:<id>`; of all when it is left out. */
  readonly inbox?: string | undefined;
  /** What it has sent, in place of what it got. */
  readonly sent: boolean;
  readonly unreadOnly: boolean;
  readonly status?: MessageStatus | undefined;
  readonly limit: number;
}

/** What the team tells one another. Methods throw MissionError; ids may be shortened to a unique beginning. */
export interface Messages {
  /**
   * Stores a message for each of its receivers before its sender hears of it.
   * @throws MissionError `receiver_unknown`, `input_invalid`, `too_many`
   */
  send(message: MessageToSend, from: Party): readonly MessageView[];
  /** The last ones first, with the beginning of what they say. A slot sees its own alone. */
  list(
    listing: MessageListing,
    by: Party,
  ): { readonly messages: readonly MessageView[]; readonly total: number; readonly unread?: number };
  /**
   * One message, which is read by that where its receiver asks.
   * @throws MissionError `message_unknown`, also for one that is somebody else's
   */
  read(idOrPrefix: string, page: PageRequest, by: Party): MessageView;
  /** Whether a message had not been brought to its receiver, who has it in hand by other ways from now on. */
  takeUndelivered(id: MessageId, by: Party): boolean;
  /** Its receiver has taken care of it. @throws MissionError `message_unknown`, `not_permitted` */
  acknowledge(idOrPrefix: string, by: Party): MessageView;
}
