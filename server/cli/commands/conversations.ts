import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { ConversationView, MessageView } from '../../../actors/conversations/views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import {
  conversationBackfill,
  conversationGet,
  conversationList,
  conversationSearch,
  conversationStatus,
} from '../../tools/conversations.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { numberOf } from '../option-values.ts';
import { progressBar } from '../progress-bar.ts';
import { table } from '../table.ts';

type Progress = z.output<typeof conversationStatus.output>;

interface Verb {
  readonly usage: string;
  /** Words behind the verb: least and most. */
  readonly words: readonly [number, number];
  run(words: readonly string[], parsed: ParsedCommand, context: CommandContext): Promise<void>;
}

const SHORT_ID = 8;
const LOOK_EVERY_MS = 250;

const whenOf = (at: number | undefined): string =>
  at === undefined ? '' : new Date(at).toISOString().slice(0, 16).replace('T', ' ');
const shortOf = (id: string): string => id.replace(/^[0-9a-f-]{36}/, (uuid) => uuid.slice(0, SHORT_ID));

function sayProgress(progress: Progress): string {
  const { phase, files } = progress;
  if (phase === 'reading') return `${progressBar(progress)}\n`;
  if (phase === 'following') return `Everything is read: ${files} transcripts.\n`;
  return phase === 'starting'
    ? 'The first look is not over yet.\n'
    : 'Transcripts are not read now; the log of the daemon says why.\n';
}

function listOf(conversations: readonly ConversationView[]): string {
  return table(
    ['ID', 'LAST', 'SLOT', 'MESSAGES', 'PROJECT', 'TITLE'],
    conversations.map(({ id, lastAt, slotId, messageCount, project, title }) => [
      shortOf(id),
      whenOf(lastAt),
      slotId ?? '',
      String(messageCount),
      project ?? '',
      title ?? '',
    ]),
  );
}

/** A message that was asked for has its parts whole. */
function wordsOf({ content, parts = [] }: MessageView): string {
  if (parts.length === 0) return content;
  return parts
    .map(({ kind, text, size, mediaType }) =>
      kind === 'image' ? `[${mediaType ?? 'image'}, ${size} bytes; --json has it]` : text,
    )
    .join('\n');
}

/** Options that were given, under the names of the operation. */
function filterOf(parsed: ParsedCommand): Record<string, unknown> {
  const { values } = parsed;
  const limit = numberOf(parsed, 'limit', { whole: true });
  const named = {
    project: values['project'],
    slotId: values['slot'],
    role: values['role'],
    tool: values['tool'],
    sessionId: values['session'],
    cursor: values['cursor'],
    limit,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

const VERBS: Readonly<Record<string, Verb>> = {
  list: {
    usage: '[--project P] [--slot S] [--limit N] [--cursor C]',
    words: [0, 0],
    async run(_, parsed, { call, print }) {
      const output = conversationList.output.parse(await call(conversationList.name, filterOf(parsed)));
      const more =
        output.next === undefined ? '' : `older ones: missiond conversations --cursor ${output.next}\n`;
      print(output, () =>
        output.conversations.length === 0 ? 'None.\n' : listOf(output.conversations) + more,
      );
    },
  },
  show: {
    usage: 'ID [--limit N] [--message NUMBER]',
    words: [1, 1],
    async run([sessionId], parsed, { call, print }) {
      const tail = numberOf(parsed, 'limit', { whole: true });
      const messageId = numberOf(parsed, 'message', { whole: true });
      const input = {
        sessionId,
        ...(tail === undefined ? {} : { tail }),
        ...(messageId === undefined ? {} : { messageId }),
      };
      const output = conversationGet.output.parse(await call(conversationGet.name, input));
      const said = output.messages.map(
        (message) => `${message.id}  ${whenOf(message.timestamp)} ${message.role}: ${wordsOf(message)}\n`,
      );
      print(output, () => listOf([output.conversation, ...output.subagents]) + said.join(''));
    },
  },
  search: {
    usage: 'WORDS… [--project P] [--session ID] [--slot S] [--role R] [--tool T] [--limit N] [--cursor C]',
    words: [1, 100],
    async run(words, parsed, { call, print }) {
      const input = { ...filterOf(parsed), query: words.join(' ') };
      const output = conversationSearch.output.parse(await call(conversationSearch.name, input));
      const found = output.results.map(
        ({ sessionId, timestamp, role, content }) =>
          `${shortOf(sessionId)}  ${whenOf(timestamp)}  ${role}\n  ${content.replace(/\s+/g, ' ')}\n`,
      );
      const more = output.next === undefined ? '' : `more: --cursor ${output.next}\n`;
      print(output, () => (found.length === 0 ? 'Nothing.\n' : found.join('')) + more);
    },
  },
  status: {
    usage: '',
    words: [0, 0],
    async run(_, __, { call, print }) {
      const progress = conversationStatus.output.parse(await call(conversationStatus.name));
      print(progress, () => sayProgress(progress));
    },
  },
  backfill: {
    usage: '',
    words: [0, 0],
    /** Waits until everything is read. */
    async run(_, __, { call, print, json, stderr }) {
      let progress = conversationBackfill.output.parse(await call(conversationBackfill.name));
      const isDrawn = !json && stderr.isTTY === true;
      try {
        while (progress.phase === 'starting' || progress.phase === 'reading') {
          if (isDrawn && progress.phase === 'reading')
            stderr.write(`\r${progressBar(progress, stderr.columns)}\x1b[K`);
          await sleep(LOOK_EVERY_MS);
          progress = conversationStatus.output.parse(await call(conversationStatus.name));
        }
      } finally {
        if (isDrawn) stderr.write('\r\x1b[K');
      }
      const last = progress;
      print(last, () => sayProgress(last));
    },
  },
};

const usages = Object.entries(VERBS).map(([name, { usage }]) => `${name} ${usage}`.trim());

export const conversations: Command = {
  name: 'conversations',
  agents: 'nothing',
  summary: 'what was said in every session: list, show, search; how far the transcripts are read',
  usage: `[${usages.join(' | ')}]`,
  options: {
    project: { type: 'string', help: 'only of this folder, or of folders of this name' },
    slot: { type: 'string', help: 'only of this slot' },
    session: { type: 'string', help: 'only of this conversation' },
    role: { type: 'string', help: 'user, assistant, thinking, tool_use, tool_result or system' },
    tool: { type: 'string', help: 'only calls of this tool, and what they came to' },
    message: { type: 'string', help: 'only the message of this number, with all that is kept of it' },
    limit: { type: 'string', help: 'how many' },
    cursor: { type: 'string', help: 'where a page begins, as the one before says' },
  },
  words: [0, 101],
  async run(parsed, context) {
    const [name = 'list', ...words] = parsed.positionals;
    const verb = VERBS[name];
    if (verb === undefined || words.length < verb.words[0] || words.length > verb.words[1])
      throw new MissionError('input_invalid', `missiond conversations ${parsed.positionals.join(' ')}`, {
        remedy: `One of: ${usages.map((usage) => `missiond conversations ${usage}`).join('; ')}`,
      });
    await verb.run(words, parsed, context);
    return 0;
  },
};
