import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClaudeSessionId, Epoch, SlotId } from '../../db/ids.ts';
import { sessions } from '../../db/schema/slots.ts';
import { localDay } from '../../services/calendar/local-day.ts';
import { answered, line, said, toolResult } from '../services/conversations/transcript-lines.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

const A_DAY_MS = 24 * 60 * 60_000;
const MINE = '11111111-1111-4111-8111-111111111111';
const SLOTS = '22222222-2222-4222-8222-222222222222';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors({
    seed: (db) =>
      void db
        .insert(sessions)
        .values({
          epoch: Epoch.parse('00000000-0000-4000-8000-000000000001'),
          slotId: SlotId.parse('coder-1'),
          sessionId: ClaudeSessionId.parse(SLOTS),
          tokenHash: '',
          cwd: '/',
          startedAt: 1,
        })
        .run(),
  });
  const projects = path.join(path.dirname(doors.home), '.claude', 'projects', '-work');
  const agents = path.join(projects, MINE, 'subagents');
  mkdirSync(agents, { recursive: true });
  writeFileSync(
    path.join(projects, `${MINE}.jsonl`),
    said('Why does the parser fail on café menus?') +
      answered({ type: 'tool_use', id: 'toolu_1', name: 'Agent', input: { prompt: 'look at the parser' } }) +
      toolResult('toolu_1', 'the parser reads bytes', { toolUseResult: { agentId: 'a1' } }) +
      answered(
        { type: 'text', text: 'The parser reads bytes, so the menu fails. 部署之前要先跑测试' },
        {},
        'msg_2',
      ) +
      line({ type: 'system', subtype: 'compact_boundary', content: 'Conversation compacted' }) +
      '{"type":"mode","mode":"normal"}\n{"broken\n',
  );
  writeFileSync(
    path.join(agents, 'agent-a1.jsonl'),
    said('look at the parser', { isSidechain: true, agentId: 'a1' }) +
      answered(
        { type: 'text', text: 'the parser reads bytes' },
        { isSidechain: true, agentId: 'a1' },
        'msg_3',
      ),
  );
  writeFileSync(
    path.join(projects, `${SLOTS}.jsonl`),
    said('parser', { cwd: '/other', sessionId: SLOTS, timestamp: new Date().toISOString() }),
  );
  await doors.client.conversationBackfill({});
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

describe('conversations', () => {
  test('are listed, the last one first, with their slot and what they are about', async () => {
    const { conversations } = await doors.client.conversationList({});
    expect(conversations).toMatchObject([
      { id: SLOTS, slotId: 'coder-1', status: 'active', messageCount: 1 },
      { id: MINE, status: 'compacted', project: '/work', model: 'claude-opus-5-5', messageCount: 4 },
    ]);
    expect(conversations[1]?.title).toBe('Why does the parser fail on café menus?');
    const first = await doors.client.conversationList({ limit: 1 });
    const second = await doors.client.conversationList({ limit: 1, cursor: first.next });
    expect([...first.conversations, ...second.conversations].map(({ id }) => id)).toEqual([SLOTS, MINE]);
    expect(second.next).toBeUndefined();
    const agents = await doors.client.conversationList({ withAgents: true, project: '/work' });
    expect(agents.conversations.map(({ id }) => id)).toContain(`${MINE}/agent-a1`);
  });

  test('are read from their end, from a message on, and with all parts', async () => {
    const last = await doors.client.conversationGet({
      sessionId: MINE.slice(0, 8),
      tail: 1,
      includeRaw: true,
    });
    expect(last.messages).toMatchObject([{ role: 'assistant', model: 'claude-opus-5-5', parts: [] }]);
    expect(last.subagents).toMatchObject([{ id: `${MINE}/agent-a1`, parentToolUseId: 'toolu_1' }]);
    const all = await doors.client.conversationGet({ sessionId: MINE, sinceId: 0 });
    expect(all.messages.map(({ role }) => role)).toEqual(['user', 'tool_use', 'tool_result', 'assistant']);
    const rest = await doors.client.conversationGet({ sessionId: MINE, sinceId: all.messages[2]?.id });
    expect(rest.count).toBe(1);
    await expect(doors.client.conversationGet({ sessionId: 'nobody' })).rejects.toMatchObject({
      code: 'conversation_unknown',
    });
  });

  test('of a subagent are found by the call that began them', async () => {
    const { agentId, messages } = await doors.client.agentTrajectory({ toolUseId: 'toolu_1' });
    expect(agentId).toBe(`${MINE}/agent-a1`);
    expect(messages.map(({ content }) => content)).toEqual(['look at the parser', 'the parser reads bytes']);
  });

  test('have events, and their lines are counted by type', async () => {
    const { events } = await doors.client.conversationEvents({ sessionId: MINE });
    expect(events).toMatchObject([{ eventType: 'compact_boundary', content: 'Conversation compacted' }]);
    const { summary, brokenLines } = await doors.client.conversationEvents({});
    expect(summary).toContainEqual({ eventType: 'mode', count: 1 });
    expect(brokenLines).toBe(1);
  });
});

describe('a search', () => {
  const search = async (query: string, more: object = {}) =>
    (await doors.client.conversationSearch({ query, ...more })).results;

  test('finds all words, phrases, beginnings, words without their accents, and CJK anywhere in a text', async () => {
    expect((await search('parser bytes')).map(({ role }) => role).sort()).toEqual([
      'assistant',
      'assistant',
      'tool_result',
    ]);
    expect(await search('"bytes parser"')).toEqual([]);
    expect(await search('"parser reads bytes" fail*')).toHaveLength(1);
    expect((await search('cafe'))[0]?.content).toContain('>>>café<<<');
    for (const words of ['先跑测试', '测试', '部署', '试'])
      expect(await search(words), words).toHaveLength(1);
    expect(await search('试部')).toEqual([]);
  });

  test('is filtered by the database, and shows what stands around a hit', async () => {
    expect((await search('parser', { role: 'user' })).map(({ sessionId }) => sessionId).sort()).toEqual([
      MINE,
      `${MINE}/agent-a1`,
      SLOTS,
    ]);
    expect(await search('parser', { slotId: 'coder-1' })).toHaveLength(1);
    expect(await search('parser', { project: 'other' })).toHaveLength(1);
    expect(await search('parser', { sessionId: MINE })).toHaveLength(6);
    expect(await search('parser', { excludeSessionId: MINE })).toHaveLength(1);
    expect(await search('parser', { since: new Date(Date.now() + A_DAY_MS).toISOString() })).toEqual([]);
    expect(await search('bytes', { tool: 'Agent' })).toMatchObject([
      { role: 'tool_result', before: [{ role: 'tool_use' }], after: [{ role: 'assistant' }] },
    ]);
  });

  test('takes any words for words, and is paged without a gap', async () => {
    for (const query of ['a AND', 'NEAR(', '"', 'text:x', '-parser', "'; drop", 'x^2', '*'])
      await doors.client
        .conversationSearch({ query })
        .catch((error) => expect(error.code).toBe('input_invalid'));
    const all = await search('parser');
    const paged: number[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await doors.client.conversationSearch({ query: 'parser', limit: 2, cursor });
      paged.push(...page.results.map(({ id }) => id));
      cursor = page.next;
      if (cursor === undefined) break;
    }
    expect(paged).toEqual(all.map(({ id }) => id));
  });
});

test('tokens count once an answer, with those of subagents', async () => {
  const { stats } = await doors.client.tokenStats({ groupBy: 'session' });
  expect(stats).toMatchObject([
    {
      group_key: MINE,
      total_input: 3_600,
      total_output: 150,
      total_cache_creation: 21,
      record_count: 3,
      unpriced: ['claude-opus-5-5'],
    },
  ]);
  const day = localDay(Date.UTC(2026, 10, 21));
  const daily = await doors.client.tokenStats({ groupBy: 'day', since: A_DAY_MS });
  expect(daily.stats).toMatchObject([{ group_key: day, total_input: 3_600, record_count: 3 }]);
  expect((await doors.client.tokenStats({ groupBy: 'day', until: A_DAY_MS })).stats).toEqual([]);
  writeFileSync(path.join(doors.home, 'prices.yaml'), 'claude-opus-5: { input: 10, output: 100 }\n');
  const priced = await doors.client.tokenStats({ groupBy: 'model' });
  expect(priced.stats[0]?.cost_usd).toBeCloseTo(
    (3_600 * 10 + 150 * 100 + 30 * 1 + 12 * 12.5 + 9 * 20) / 1e6,
    9,
  );
});

test('long results and images are beginnings, until one message is asked for', async () => {
  const sessionId = '55555555-5555-4555-8555-555555555555';
  const secret = `ghp_${'a1B2'.repeat(9)}`;
  const result = `${'row of a long result\n'.repeat(4_000)}${secret} the end`;
  const image = { type: 'base64', media_type: 'image/png', data: Buffer.alloc(50_000, 7).toString('base64') };
  const tooLarge = { ...image, data: Buffer.alloc(3 * 1024 * 1024).toString('base64') };
  const file = path.join(path.dirname(doors.home), '.claude', 'projects', '-work', `${sessionId}.jsonl`);
  writeFileSync(
    file,
    toolResult('toolu_9', [
      { type: 'text', text: result },
      { type: 'image', source: image },
      { type: 'image', source: tooLarge },
    ]),
  );
  await doors.client.conversationBackfill({});
  const [listed] = (await doors.client.conversationGet({ sessionId, includeRaw: true })).messages;
  const beginning = { kind: 'tool_result', position: 0, size: expect.any(Number), rest: 'kept' };
  expect(listed?.parts).toMatchObject([
    { ...beginning, text: expect.stringMatching(/^row of a long/) },
    { kind: 'image', position: 1, size: 50_000, rest: 'kept' },
    { kind: 'image', position: 2, rest: 'lost' },
  ]);
  expect(listed?.parts?.[0]?.text.length).toBeLessThan(2_000);

  const messageId = listed?.id ?? 0;
  const [whole] = (await doors.client.conversationGet({ sessionId, messageId })).messages;
  expect(whole?.parts?.[0]).toMatchObject({ text: result.replace(secret, '[secret]') });
  expect(whole?.parts?.[0]).not.toHaveProperty('rest');
  expect(whole?.parts?.[1]).toMatchObject({ mediaType: 'image/png', data: image.data });
  expect(whole?.parts?.[2]).toMatchObject({ rest: 'lost' });
  const one = await doors.client.conversationGet({ sessionId, messageId, part: 1 });
  expect(one.messages[0]?.parts).toMatchObject([{ rest: 'kept' }, { data: image.data }, { rest: 'lost' }]);
  await expect(doors.client.conversationGet({ sessionId: MINE, messageId })).rejects.toMatchObject({
    code: 'conversation_unknown',
  });
  const shown = await runCli([
    'conversations',
    'show',
    sessionId,
    '--message',
    String(messageId),
    '--home',
    doors.home,
  ]);
  expect(shown.out).toContain('the end');
  expect(shown.out).toContain('[image/png, 50000 bytes; --json has it]');
  rmSync(file);
});

test('the command line lists, shows, searches and says how far it is', async () => {
  const cli = async (...words: string[]) => (await runCli([...words, '--home', doors.home])).out;
  expect(await cli('conversations')).toMatch(/^ID +LAST +SLOT +MESSAGES +PROJECT +TITLE\n22222222 .*coder-1/);
  expect(await cli('conversations', 'show', '1111')).toContain('user: Why does the parser fail');
  expect(await cli('conversations', 'search', 'café', 'menus')).toContain('>>>menus<<<');
  expect(await cli('conversations', 'backfill')).toBe('Everything is read: 3 transcripts.\n');
  expect(await cli('tokens', '--by', 'day')).toMatch(/^DAY +COST/);
});
