import { randomUUID } from 'node:crypto';
import { MessageId, SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { cleanPrompt } from '../../services/keyboard/clean-prompt.ts';
import type { MessageLedger, MessageRow } from '../../services/ledger/message-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { MessageToSend, Party } from './api.ts';
import { createChain, MOST_HOPS } from './chain.ts';
import { isMissiond } from './from-missiond.ts';
import { messageFacts } from './message-views.ts';
import { type Receivers, receiversOf, type Team } from './team.ts';
import { wordsOfSlot } from './words-of-slot.ts';

/** Stored whole; more belongs into a file. */
export const MOST_CHARACTERS = 200_000;
/**
 * What one sender may have waiting for one receiver: an agent that goes round in circles fills no inbox. What missiond
 * says itself is lost where it is refused, so for that there is no bound.
 */
const MOST_WAITING = 200;

export const PERSON = 'person';
const MISSIOND = 'missiond';
const SUPERVISOR = 'supervisor';
const SLOT = 'slot:';

export const partyOfSlot = (slotId: SlotId): string => `${SLOT}${slotId}`;
/** The slot behind `slot:<id>`; null for everybody else. */
export function slotOfParty(party: string): SlotId | null {
  return party.startsWith(SLOT) ? (SlotId.safeParse(party.slice(SLOT.length)).data ?? null) : null;
}

export function nameOf(party: Party): string {
  if (party.kind === 'slot') return partyOfSlot(party.slotId);
  return party.kind === 'person' ? PERSON : `program:${party.name}`;
}

interface Letter {
  readonly sender: string;
  readonly addressee: string;
  readonly body: string;
  readonly replyTo: MessageRow | null;
}

export interface PostDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'bus' | 'now' | 'notices' | 'occupied' | 'runtimes' | 'tasks'>;
  readonly ledger: MessageLedger;
  readonly team: Team;
  /** Takes out of words of a slot what must not be stored. */
  readonly redact: (slotId: SlotId, text: string) => string;
}

/** Takes in what the team says to one another, and tells everybody of every change of it. */
export function createPost({ core, ledger, team, redact }: PostDependencies) {
  const nextOfChain = createChain({ core, ledger });

  function tell(rows: readonly MessageRow[]): void {
    for (const row of rows)
      core.bus.publish({ type: 'message_changed', at: core.now(), message: messageFacts(row) });
  }

  function find(idOrPrefix: string): MessageRow {
    const [row, another] = ledger.byPrefix(idOrPrefix);
    if (row !== undefined && another === undefined) return row;
    throw new MissionError(
      'message_unknown',
      row === undefined
        ? `There is no message "${idOrPrefix}".`
        : `Several messages begin with "${idOrPrefix}".`,
      { remedy: 'mission_message_list names them.' },
    );
  }

  const withoutSecrets = (words: string, from: Party): string =>
    from.kind === 'slot' ? wordsOfSlot(redact, from.slotId, words) : words;

  function bodyOf(words: string, from: Party): string {
    const body = withoutSecrets(cleanPrompt(words).trim(), from);
    if (body === '')
      throw new MissionError('input_invalid', 'The message holds no printable character.', {
        remedy: 'Say something.',
      });
    if (body.length <= MOST_CHARACTERS) return body;
    throw new MissionError(
      'input_invalid',
      `The message has ${body.length} characters; ${MOST_CHARACTERS} is the most.`,
      { remedy: 'Put the text into a file that the receiver can read, and name the file.' },
    );
  }

  function checkRoom(sender: string, receiver: string): void {
    if (ledger.count({ sender, receiver, statuses: ['pending'] }) < MOST_WAITING) return;
    throw new MissionError(
      'too_many',
      `${MOST_WAITING} messages of ${sender} wait for ${receiver} already.`,
      {
        remedy: 'Wait until it has read some; mission_message_list {"sent": true} shows them.',
      },
    );
  }

  /** Where a message to a person, or to a slot where one works, waits until they look. */
  function waitsInInbox(receivers: Receivers, isWorkspace: boolean, sender: string): boolean {
    if (receivers.kind === 'person') return true;
    return isWorkspace && !(receivers.isNamed && sender === PERSON);
  }

  /** The person hears of it, and who keeps that team going. */
  function tellOfChain(held: MessageRow): void {
    const { sender, receiver, id } = held;
    const slotId = slotOfParty(sender);
    const members = team.members();
    const repository = members.find((one) => one.slotId === slotId)?.repository ?? null;
    const supervisors = members
      .filter((one) => one.role === SUPERVISOR && repository !== null && one.repository === repository)
      .map((one) => partyOfSlot(one.slotId))
      .filter((one) => one !== sender && one !== receiver);
    const body = `${sender} and others have written ${MOST_HOPS} messages that followed from one another, with nothing from a person and no task between them. The next one, ${id} to ${receiver}, waits in its inbox and wakes nobody. A message to one of them, or a task, lets them go on.`;
    for (const to of [PERSON, ...supervisors])
      tell([write({ sender: MISSIOND, addressee: to, body, replyTo: null }, to, to === PERSON)]);
  }

  function write(letter: Letter, receiver: string, inboxOnly: boolean): MessageRow {
    const id = MessageId.parse(randomUUID());
    const slotId = slotOfParty(letter.sender);
    const { hops, since } = nextOfChain(slotId);
    const isHeld = hops > MOST_HOPS;
    const isNews = isHeld && !ledger.wasHeld(letter.sender, receiver, { most: MOST_HOPS, since });
    const row = ledger.add({
      id,
      sender: letter.sender,
      senderRole: slotId === null ? null : (core.runtimes.get(slotId)?.configuration.role ?? null),
      receiver,
      addressee: letter.addressee,
      replyTo: letter.replyTo?.id ?? null,
      conversationId: letter.replyTo?.conversationId ?? id,
      body: letter.body,
      hops,
      inboxOnly: inboxOnly || isHeld,
      status: 'pending',
      createdAt: core.now(),
    });
    if (isNews) tellOfChain(row);
    if (inboxOnly)
      core.notices.add('message', id, {
        message: { ...messageFacts(row), body: row.body.slice(0, 1_000) },
      });
    return row;
  }

  function post(
    letter: Letter,
    receivers: Receivers,
    { isState, isBounded }: { readonly isState: boolean; readonly isBounded: boolean },
  ): readonly MessageRow[] {
    const put = (receiver: string, inboxOnly: boolean): MessageRow => {
      const same = isState ? ledger.waitsAlready({ ...letter, receiver }) : undefined;
      if (same !== undefined) return same;
      if (isBounded) checkRoom(letter.sender, receiver);
      return write(letter, receiver, inboxOnly);
    };
    const rows = ledger.atOnce(() =>
      receivers.kind === 'person'
        ? [put(PERSON, true)]
        : receivers.members.map(({ slotId, isWorkspace }) =>
            put(partyOfSlot(slotId), waitsInInbox(receivers, isWorkspace, letter.sender)),
          ),
    );
    tell(rows);
    return rows;
  }

  /** To whom an answer goes that names nobody. */
  function backTo({ sender, receiver }: MessageRow, by: string): string {
    const other = sender === by ? receiver : sender;
    if (other === PERSON || slotOfParty(other) !== null) return other;
    throw new MissionError('receiver_unknown', `${other} has no inbox.`, {
      remedy: 'Write to "person", or to the slot that you mean.',
    });
  }

  return {
    find,
    tell,

    send({ to, body, replyTo, isState = false }: MessageToSend, from: Party): readonly MessageRow[] {
      const sender = nameOf(from);
      const answered = replyTo === undefined ? null : find(replyTo);
      if (
        answered !== null &&
        from.kind === 'slot' &&
        answered.receiver !== sender &&
        answered.sender !== sender
      )
        throw new MissionError('message_unknown', `There is no message "${replyTo}".`, {
          remedy: 'mission_message_list names them.',
        });
      const addressee = to ?? (answered === null ? undefined : backTo(answered, sender));
      if (addressee === undefined)
        throw new MissionError('input_invalid', 'Nobody is named to whom the message goes.', {
          remedy: 'Say `to`, or `replyTo` with the id of a message.',
        });
      if (from.kind === 'person' && addressee.trim() === PERSON)
        throw new MissionError('input_invalid', 'The person would write to themselves.', {
          remedy: 'Name a slot, a role or a repository.',
        });
      const receivers = receiversOf(team, addressee, from.kind === 'slot' ? from.slotId : null);
      return post({ sender, addressee, body: bodyOf(body, from), replyTo: answered }, receivers, {
        isState,
        isBounded: !isMissiond(from),
      });
    },

    /** missiond says something itself to who sent a message, or to the person in place of a program. */
    answer(row: MessageRow, body: string): void {
      const slotId = slotOfParty(row.sender);
      const member = team.members().find((one) => one.slotId === slotId);
      if (row.sender === MISSIOND || (slotId !== null && member === undefined)) return;
      const receivers: Receivers =
        member === undefined ? { kind: 'person' } : { kind: 'members', members: [member], isNamed: true };
      const addressee = member === undefined ? PERSON : row.sender;
      const letter = { sender: MISSIOND, addressee, body, replyTo: row };
      // It is bound to be told, however much waits there.
      const rows =
        receivers.kind === 'person'
          ? [write(letter, PERSON, true)]
          : receivers.members.map(({ slotId: to, isWorkspace }) =>
              write(letter, partyOfSlot(to), waitsInInbox(receivers, isWorkspace, MISSIOND)),
            );
      tell(rows);
    },
  };
}

export type Post = ReturnType<typeof createPost>;
