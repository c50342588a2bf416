import { text } from 'node:stream/consumers';
import type { MessageView } from '../../../actors/messages/message-views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { messageAck, messageList, messageRead, messageSend } from '../../tools/messages.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { numberOf } from '../option-values.ts';
import { table } from '../table.ts';

interface Verb {
  readonly usage: string;
  /** How many words it takes: least and most. */
  readonly words: readonly [number, number];
  run(words: readonly string[], parsed: ParsedCommand, context: CommandContext): Promise<void>;
}

const SHORT_ID = 8;
const MOST_WORDS = 100_000;

const whenOf = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

const listed = (messages: readonly MessageView[]): string =>
  table(
    ['ID', 'WHEN', 'FROM', 'TO', 'STATUS', 'MESSAGE'],
    messages.map(({ id, createdAt, from, to, status, body }) => [
      id.slice(0, SHORT_ID),
      whenOf(createdAt),
      from,
      to,
      status,
      body,
    ]),
  );

function whole({ id, createdAt, from, to, status, failure, body, nextOffset }: MessageView): string {
  const why = failure === undefined ? '' : `\n${failure}`;
  const more = nextOffset === undefined ? '' : `\n… missiond message read ${id} --offset ${nextOffset}\n`;
  return `${id}\n${whenOf(createdAt)} UTC, ${from} to ${to}, ${status}${why}\n\n${body}\n${more}`;
}

/** Words behind the addressee, or all of standard input. */
async function wordsOf(words: readonly string[]): Promise<string> {
  if (words.length > 0) return words.join(' ');
  if (!process.stdin.isTTY) return await text(process.stdin);
  throw new MissionError('input_invalid', 'Nothing is said.', {
    remedy: 'Say it behind the receiver, or send it in: missiond message send TO < FILE',
  });
}

const VERBS: Readonly<Record<string, Verb>> = {
  send: {
    usage: 'send TO [WORDS…] [--reply-to ID]',
    words: [1, MOST_WORDS],
    async run([to = '', ...words], { values }, { call, print }) {
      const replyTo = values['reply-to'];
      const input = {
        to,
        body: await wordsOf(words),
        ...(typeof replyTo === 'string' ? { replyTo } : {}),
      };
      const output = messageSend.output.parse(await call(messageSend.name, input));
      print(output, () => output.messages.map(({ id, to: who }) => `${id} to ${who}\n`).join(''));
    },
  },
  list: {
    usage: 'list [--inbox WHOSE] [--sent] [--unread] [--limit N]',
    words: [0, 0],
    async run(_, parsed, { call, print, env }) {
      const limit = numberOf(parsed, 'limit', { whole: true });
      const { inbox, sent, unread } = parsed.values;
      // An agent has one inbox; a person looks into their own unless they say another.
      const usual = env['MISSIOND_SLOT_ID'] === undefined ? { inbox: 'person' } : {};
      const input = {
        ...(typeof inbox === 'string' ? (inbox === 'all' ? {} : { inbox }) : usual),
        sent: sent === true,
        unread: unread === true,
        ...(limit === undefined ? {} : { limit }),
      };
      const output = messageList.output.parse(await call(messageList.name, input));
      print(output, () => (output.messages.length === 0 ? 'No messages.\n' : listed(output.messages)));
    },
  },
  read: {
    usage: 'read ID [--offset N]',
    words: [1, 1],
    async run([id = ''], parsed, { call, print }) {
      const offset = numberOf(parsed, 'offset', { whole: true });
      const input = { id, ...(offset === undefined ? {} : { offset }) };
      const output = messageRead.output.parse(await call(messageRead.name, input));
      print(output, () => whole(output));
    },
  },
  ack: {
    usage: 'ack ID',
    words: [1, 1],
    async run([id = ''], _, { call, print }) {
      const output = messageAck.output.parse(await call(messageAck.name, { id }));
      print(output, () => `${output.id} is ${output.status}.\n`);
    },
  },
};

const usages = Object.values(VERBS).map(({ usage }) => usage);

export const message: Command = {
  name: 'message',
  agents: 'all',
  summary: 'what the team tells one another: send, list, read, ack',
  usage: usages.join(' | '),
  options: {
    'reply-to': { type: 'string', help: 'the message that it answers' },
    inbox: { type: 'string', help: 'whose: person (the usual one), a slot, or all' },
    sent: { type: 'boolean', help: 'what was sent from there' },
    unread: { type: 'boolean', help: 'only what nobody has read yet' },
    offset: { type: 'string', help: 'where to begin in a long message' },
    limit: { type: 'string', help: 'how many messages' },
  },
  words: [0, MOST_WORDS],
  speaksAsSlot: true,
  async run(parsed, context) {
    const [name = 'list', ...words] = parsed.positionals;
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    if (verb === undefined || words.length < verb.words[0] || words.length > verb.words[1])
      throw new MissionError('input_invalid', `missiond message does not understand this.`, {
        remedy: `One of: ${usages.map((usage) => `missiond message ${usage}`).join('; ')}`,
      });
    await verb.run(words, parsed, context);
    return 0;
  },
};
