import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import { redactTokens } from '../../../db/redact-tokens.ts';
import {
  createTranscriptReader,
  type TranscriptReader,
} from '../../../services/conversations/read-transcripts.ts';
import { createMessageIndex } from '../../../services/ledger/message-index.ts';
import { createTranscriptLedger } from '../../../services/ledger/transcript-ledger.ts';
import { answered, anyLine, line, said, toolResult } from './transcript-lines.ts';

const SESSION = '11111111-1111-4111-8111-111111111111';
/** Small, so that lines lie on both sides of every limit. */
const LIMITS = { stepBytes: 512, longestLineBytes: 4_096 };
const TABLES = [
  'conversations',
  'conversation_messages',
  'message_parts',
  'conversation_events',
  'message_usage',
  'transcript_line_types',
  'blobs',
];

let folder: string;
let file: string;
let database: OpenDatabase;
let reader: TranscriptReader;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-transcripts-'));
  file = path.join(folder, `${SESSION}.jsonl`);
  database = openDatabase(':memory:');
  reader = createTranscriptReader(createTranscriptLedger(database.db), redactTokens);
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

function readAll(of: TranscriptReader = reader, from = file): void {
  while (of.step(from).bytes > 0);
}

/** Everything that is stored, but where the file lies. */
function rowsOf({ raw }: OpenDatabase): unknown {
  const files = raw
    .prepare('select id, "offset", tail, skipping, restarts, broken_lines from transcript_files')
    .all();
  return {
    files,
    ...Object.fromEntries(TABLES.map((table) => [table, raw.prepare(`select * from ${table}`).all()])),
  };
}

const all = (query: string): unknown[] => database.raw.prepare(query).all();
const texts = (): unknown[] =>
  database.raw.prepare('select text from conversation_messages order by id').pluck().all();

function expectWholeIndex({ db, raw }: OpenDatabase): void {
  const messages = createMessageIndex(db);
  while (messages.followUp());
  while (messages.merge());
  for (const index of ['message_words', 'message_trigrams'])
    raw.prepare(`insert into ${index} (${index}, rank) values ('integrity-check', 1)`).run();
}

it('any split of any transcript into reads gives the same rows, and an index that is whole', () => {
  fc.assert(
    fc.property(
      fc.array(anyLine, { maxLength: 25 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      fc.constantFrom(16, 200, 512, 4_096),
      (lines, cuts, stepBytes) => {
        const whole = Buffer.from(lines.join(''));
        const places = [...cuts.map((cut) => cut % (whole.length + 1)), whole.length].sort((a, b) => a - b);
        const atOnce = openDatabase(':memory:');
        const piecewise = openDatabase(':memory:');
        try {
          writeFileSync(file, whole);
          readAll(createTranscriptReader(createTranscriptLedger(atOnce.db), redactTokens, LIMITS));
          rmSync(file);
          writeFileSync(file, '');
          let written = 0;
          for (const place of places) {
            appendFileSync(file, whole.subarray(written, place));
            written = place;
            // Each piece by a reader that remembers nothing of the one before.
            readAll(
              createTranscriptReader(createTranscriptLedger(piecewise.db), redactTokens, {
                ...LIMITS,
                stepBytes,
              }),
            );
            if (place % 3 === 0) createMessageIndex(piecewise.db).followUp();
          }
          expect(rowsOf(piecewise)).toEqual(rowsOf(atOnce));
          expectWholeIndex(piecewise);
        } finally {
          atOnce.close();
          piecewise.close();
          rmSync(file, { force: true });
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe('a transcript', () => {
  it('a line that is half written is waited for', () => {
    const half = said('the second one');
    writeFileSync(file, said('the first one') + half.slice(0, 40));
    readAll();
    expect(texts()).toEqual(['the first one']);
    appendFileSync(file, half.slice(40));
    readAll();
    expect(texts()).toEqual(['the first one', 'the second one']);
  });

  it('that was truncated, or written anew at the same length or longer, is read from its start, and nothing twice', () => {
    const [one, two, three] = [said('one'), said('two'), said('six')];
    writeFileSync(file, one + two);
    readAll();
    truncateSync(file, Buffer.byteLength(one));
    readAll();
    expect(texts()).toEqual(['one', 'two']);
    writeFileSync(file, three + one);
    readAll();
    expect(texts()).toEqual(['one', 'two', 'six']);
    expect(all('select restarts, message_count from transcript_files, conversations')).toEqual([
      { restarts: 2, message_count: 3 },
    ]);
    expect(all('select type, count from transcript_line_types')).toEqual([{ type: 'user', count: 2 }]);
  });

  it('that is renamed is the same one; another file in its place is read beside it', () => {
    writeFileSync(file, said('kept'));
    readAll();
    const moved = path.join(folder, 'moved.jsonl');
    renameSync(file, moved);
    expect(reader.step(moved).bytes).toBe(0);
    writeFileSync(file, said('new'));
    readAll();
    appendFileSync(moved, said('more'));
    readAll(reader, moved);
    expect(texts()).toEqual(['kept', 'new', 'more']);
  });

  it('copied into another session counts the usage of its answers once', () => {
    writeFileSync(file, answered({ type: 'text', text: 'hello' }));
    readAll();
    const fork = path.join(folder, '22222222-2222-4222-8222-222222222222.jsonl');
    cpSync(file, fork);
    readAll(reader, fork);
    expect(texts()).toEqual(['hello', 'hello']);
    expect(all('select input_tokens from message_usage')).toEqual([{ input_tokens: 1_200 }]);
  });

  it('unknown lines are counted, broken ones too, and neither is a message', () => {
    writeFileSync(
      file,
      `${said('hi')}{"type":"mode","mode":"x"}\n{"type":"mode"}\n{"broken": \n${line({ type: 'tomorrow' })}`,
    );
    readAll();
    expect(texts()).toEqual(['hi']);
    expect(all('select type, count from transcript_line_types order by type')).toEqual([
      { type: 'mode', count: 2 },
      { type: 'tomorrow', count: 1 },
      { type: 'user', count: 1 },
    ]);
    expect(all('select broken_lines from transcript_files')).toEqual([{ broken_lines: 1 }]);
  });
});

describe('an answer', () => {
  it('of several lines counts once, with the most that it came to', () => {
    writeFileSync(
      file,
      answered({ type: 'thinking', thinking: 'hm' }, {}, 'msg_7', 1) +
        answered({ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } }, {}, 'msg_7', 9),
    );
    readAll();
    expect(
      all('select answer, output_tokens, cache_write_tokens, cache_write_long_tokens from message_usage'),
    ).toEqual([
      { answer: 'msg_7 req_msg_7', output_tokens: 9, cache_write_tokens: 4, cache_write_long_tokens: 3 },
    ]);
    expect(all('select role, text from conversation_messages')).toEqual([
      { role: 'thinking', text: 'hm' },
      { role: 'tool_use', text: 'command: ls' },
    ]);
  });

  it('long results and images lie beside the message, each once, within limits and without secrets', () => {
    const long = `${'a'.repeat(5_000)} ghp_abcdefghijklmnopqrstuvwxyz0123456789`;
    const image = {
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' },
    };
    const tooLarge = { ...image, source: { ...image.source, data: 'A'.repeat(4 * 1024 * 1024) } };
    writeFileSync(
      file,
      toolResult('t1', long) + toolResult('t2', [{ type: 'text', text: long }, image, tooLarge]),
    );
    readAll();
    expect(all('select media_type, length(content) as bytes from blobs')).toEqual([
      { media_type: 'text/plain', bytes: 5_009 },
      { media_type: 'image/png', bytes: 8 },
    ]);
    expect(all('select kind, length, size, blob_id from message_parts')).toEqual([
      { kind: 'tool_result', length: 1_000, size: 5_009, blob_id: 1 },
      { kind: 'tool_result', length: 1_000, size: 5_009, blob_id: 1 },
      { kind: 'image', length: 0, size: 8, blob_id: 2 },
      { kind: 'image', length: 0, size: 3 * 1024 * 1024, blob_id: null },
    ]);
  });
});

it('what a tool was given as a password or a key is not kept, however it looks', () => {
  const input = {
    host: 'db-1',
    password: 'hunter 22',
    options: { api_key: 'abc "def', db_password: 'Tr0ub4dor' },
    note: 'x'.repeat(2_000),
  };
  writeFileSync(
    file,
    answered({ type: 'tool_use', id: 'toolu_1', name: 'mcp__missiond__mission_kb_discover', input }),
  );
  readAll();
  expect(texts().join()).toContain('host: db-1\npassword: [secret]');
  const kept = JSON.stringify([texts(), all('select cast(content as text) from blobs')]);
  expect(kept).not.toMatch(/hunter|abc|def|Tr0ub/);
});

describe('a subagent is linked to the call that began it', () => {
  const begins = answered({
    type: 'tool_use',
    id: 'toolu_9',
    name: 'Task',
    input: { prompt: 'look around' },
  });
  const conversations =
    'select name, parent_tool_use_id as call, message_count as count from conversations order by name';

  it('in a file of its own', () => {
    const folderOfAgents = path.join(folder, SESSION, 'subagents');
    mkdirSync(folderOfAgents, { recursive: true });
    const agent = path.join(folderOfAgents, 'agent-a1.jsonl');
    writeFileSync(agent, said('look around', { isSidechain: true, agentId: 'a1' }));
    readAll(reader, agent);
    writeFileSync(file, begins + toolResult('toolu_9', 'seen', { toolUseResult: { agentId: 'a1' } }));
    readAll();
    expect(all(conversations)).toEqual([
      { name: SESSION, call: null, count: 2 },
      { name: `${SESSION}/agent-a1`, call: 'toolu_9', count: 1 },
    ]);
  });

  it('in a file beside the session (2.0.60)', () => {
    const agent = path.join(folder, 'agent-b2.jsonl');
    writeFileSync(agent, said('look around', { isSidechain: true, agentId: 'b2' }));
    readAll(reader, agent);
    expect(all(conversations)).toEqual([
      { name: SESSION, call: null, count: 0 },
      { name: `${SESSION}/agent-b2`, call: null, count: 1 },
    ]);
  });

  it('among the lines of the session (1.0.100)', () => {
    const root = said('look around', { isSidechain: true, uuid: 'root' });
    const answer = answered(
      { type: 'text', text: 'seen' },
      { isSidechain: true, parentUuid: 'root' },
      'msg_2',
    );
    writeFileSync(file, begins + root + answer + toolResult('toolu_9', 'seen'));
    readAll();
    expect(all(conversations)).toEqual([
      { name: SESSION, call: null, count: 2 },
      { name: `${SESSION}/sidechain-root`, call: 'toolu_9', count: 2 },
    ]);
  });
});
