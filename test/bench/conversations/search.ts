import path from 'node:path';
import { SlotId } from '../../../db/ids.ts';
import { openDatabase } from '../../../db/open.ts';
import { parseQuery } from '../../../services/conversations/search-query.ts';
import type { MessageFilter } from '../../../services/ledger/message-filter.ts';
import { createMessageIndex } from '../../../services/ledger/message-index.ts';
import { createMessageSearch } from '../../../services/ledger/message-search.ts';
import { createRandom } from '../../chaos/random.ts';
import { createWords } from './generate.ts';

const MESSAGES_OF_A_CONVERSATION = 200;
const AT_ONCE = 2_000;
const QUERIES = 1_000;
const ROLES = ['user', 'assistant', 'thinking', 'tool_use', 'tool_result'] as const;
const HAN =
  '的一是不了人在有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里';

export interface SearchTimes {
  readonly messages: number;
  readonly fillSeconds: number;
  /** Milliseconds of each query, by kind. */
  readonly kinds: Readonly<Record<string, readonly number[]>>;
}

/** How long a search takes that somebody waits for, over so many messages; a twentieth of them are Chinese. */
export function measureSearch(folder: string, messages: number): SearchTimes {
  const database = openDatabase(path.join(folder, 'search.db'));
  const random = createRandom(1).next;
  const { word, text } = createWords(random);
  const between = (least: number, most: number): number => Math.floor(least + random() * (most - least));
  const han = (count: number): string =>
    Array.from({ length: count }, () => HAN[Math.floor(HAN.length * random() ** 2)]).join('');
  try {
    const { raw } = database;
    const begun = performance.now();
    const conversation = raw.prepare(
      "insert into conversations (name, session_id, project, model, message_count, started_at, last_at) values (?, ?, ?, 'claude-opus-5-5', ?, ?, ?)",
    );
    const message = raw.prepare(
      'insert into conversation_messages (conversation_id, uuid, role, at, text, cjk) values (?, ?, ?, ?, ?, ?)',
    );
    const index = createMessageIndex(database.db);
    raw.prepare("insert into conversation_slots values ('session-7', 'coder-1')").run();
    for (let from = 0; from < messages; from += AT_ONCE) {
      raw.transaction(() => {
        for (let number = from; number < from + AT_ONCE; number += 1) {
          const session = Math.floor(number / MESSAGES_OF_A_CONVERSATION);
          if (number % MESSAGES_OF_A_CONVERSATION === 0)
            conversation.run(
              `session-${session}`,
              `session-${session}`,
              `/home/person/project-${session % 40}`,
              MESSAGES_OF_A_CONVERSATION,
              number,
              number,
            );
          const isHan = number % 20 === 0;
          const said = isHan ? han(between(20, 120)) : text(between(5, 80));
          const role = ROLES[number % ROLES.length];
          message.run(session + 1, `u${number}`, role, number, said, isHan ? 1 : 0);
        }
      })();
    }
    while (index.followUp());
    while (index.merge());
    const fillSeconds = (performance.now() - begun) / 1_000;
    const search = createMessageSearch(database.db);
    const last = Math.floor(messages / MESSAGES_OF_A_CONVERSATION) - 1;
    const filters: readonly MessageFilter[] = [
      { role: 'user' },
      { project: '/home/person/project-3' },
      { sessionId: `session-${Math.floor(last / 2)}` },
      { since: Math.floor(messages / 2) },
      { slotId: SlotId.parse('coder-1') },
    ];
    const rare = (): string => text(1);
    const kinds: Record<string, () => readonly [string, MessageFilter]> = {
      // As words are used: most queries have one that stands everywhere.
      'common words': () => [text(between(1, 4)), {}],
      'a phrase': () => [`"${word()} ${word()}"`, {}],
      'a beginning': () => [`${rare()}*`, {}],
      filtered: () => [text(between(1, 3)), filters[between(0, filters.length)] ?? {}],
      'two Chinese letters': () => [han(2), {}],
      'four Chinese letters': () => [han(4), {}],
    };
    const times = Object.entries(kinds).map(([kind, make]) => {
      const samples = Array.from({ length: QUERIES }, () => {
        const [words, filter] = make();
        const query = parseQuery(words);
        if (query === null) throw new Error(`no query: ${words}`);
        const from = performance.now();
        const { hits } = search.search(query, filter, 20, null);
        for (const hit of hits) search.around(hit, 1);
        return performance.now() - from;
      });
      return [kind, samples] as const;
    });
    return { messages, fillSeconds, kinds: Object.fromEntries(times) };
  } finally {
    database.close();
  }
}
