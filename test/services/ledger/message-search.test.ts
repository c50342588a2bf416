import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import { parseQuery } from '../../../services/conversations/search-query.ts';
import type { MessageFilter } from '../../../services/ledger/message-filter.ts';
import { createMessageIndex } from '../../../services/ledger/message-index.ts';
import {
  createMessageSearch,
  type MessageSearch,
  type SearchCursor,
} from '../../../services/ledger/message-search.ts';

const MESSAGES_EACH = 40;
/** By age: thirty conversations of an old project, then others with those of a busy one among them. */
const PROJECTS = [
  ...Array.from({ length: 30 }, () => '/old'),
  ...Array.from({ length: 300 }, (_, at) => (at % 5 === 0 ? '/busy' : '/other')),
];

let database: OpenDatabase;
let search: MessageSearch;
beforeAll(() => {
  database = openDatabase(':memory:');
  const { raw } = database;
  const conversation = raw.prepare(
    'insert into conversations (name, session_id, project, message_count, started_at, last_at) values (?, ?, ?, ?, 0, 0)',
  );
  const message = raw.prepare(
    "insert into conversation_messages (conversation_id, uuid, role, at, text, cjk) values (?, ?, 'user', 0, ?, 0)",
  );
  raw.transaction(() => {
    for (const [at, project] of PROJECTS.entries()) {
      conversation.run(`session-${at}`, `session-${at}`, project, MESSAGES_EACH);
      for (let count = 0; count < MESSAGES_EACH; count += 1) {
        message.run(at + 1, `${at}-${count}`, `everywhere ${count === 0 ? 'first' : 'later'} words`);
      }
    }
    conversation.run('session-han', 'session-han', '/han', 2);
    const han = raw.prepare(
      "insert into conversation_messages (conversation_id, uuid, role, at, text, cjk) values (?, ?, 'user', 0, ?, 1)",
    );
    han.run(PROJECTS.length + 1, 'han-1', '部署失败了 因为端口被占用');
    han.run(PROJECTS.length + 1, 'han-2', '部署完成');
  })();
  const index = createMessageIndex(database.db);
  while (index.followUp());
  search = createMessageSearch(database.db);
});
afterAll(() => database.close());

/** Every hit of a search, page after page. */
function all(words: string, filter: MessageFilter): readonly number[] {
  const query = parseQuery(words);
  if (query === null) throw new Error('no query');
  const found: number[] = [];
  let cursor: SearchCursor | null = null;
  do {
    const page = search.search(query, filter, 100, cursor);
    found.push(...page.hits.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== null);
  return found;
}

/** What the rows themselves say. */
const expected = (word: string, project: string): readonly number[] =>
  database.raw
    .prepare<[string, string], { id: number }>(
      `select m.id from conversation_messages m join conversations c on c.id = m.conversation_id
       where c.project = ? and m.text like ? order by m.id`,
    )
    .all(project, `%${word}%`)
    .map(({ id }) => id);

test.each([
  ['everywhere', '/busy'],
  ['everywhere', '/old'],
  ['first', '/busy'],
  ['first', '/old'],
  ['everywhere', '/none'],
])('pages of "%s" in %s hold every message of it once', (word, project) => {
  const found = all(word, { project });
  expect(found.toSorted((a, b) => a - b)).toEqual(expected(word, project));
});

test.each([
  ['every*', 'everywhere'],
  ['EVERY* fir*', 'first'],
  ['words*', 'words'],
])('a beginning, "%s", finds the words that go on with it', (words, word) => {
  expect(all(words, { project: '/old' }).toSorted((a, b) => a - b)).toEqual(expected(word, '/old'));
});

test('a beginning that no word has finds nothing', () => {
  expect(all('everywherever*', {})).toEqual([]);
});

test('two words of two Chinese letters are both looked for', () => {
  expect(all('部署 端口', { project: '/han' })).toEqual(expected('端口', '/han'));
  expect(all('部署', { project: '/han' })).toHaveLength(2);
});
