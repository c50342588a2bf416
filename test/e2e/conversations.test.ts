import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { answered, said } from '../services/conversations/transcript-lines.ts';
import { createWorld, type Daemon, eventOf, type World } from './world.ts';

const SLOTS = [{ id: 'coder-1', role: 'coder', description: 'codes' }];
const WAIT = { timeout: 60_000, interval: 100 };
/** What the scripted model reports of each answer. */
const [INPUT, OUTPUT] = [1_200, 50];

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({ slots: SLOTS });
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

/** Where the person's own Claude Code writes. */
const persons = (name: string): string => {
  const folder = path.join(world.env['HOME'] ?? '', '.claude', 'projects', '-work');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, `${name}.jsonl`);
};
const everythingIsRead = () =>
  vi.waitFor(
    async () => expect((await daemon.client.conversationBackfill({})).phase).toBe('following'),
    WAIT,
  );

test("what a slot's real session says is found, and its tokens are those that the model reported", async () => {
  const { client } = daemon;
  const { taskId } = await client.submit({
    role: 'coder',
    prompt: 'tool: Bash {"command": "echo walrus"}\nthen say: the xylophone plays',
  });
  await eventOf(client, (event) =>
    event?.type === 'task_changed' && event.task.id === taskId && event.task.status === 'done'
      ? event.task
      : undefined,
  );
  await vi.waitFor(async () => {
    const { results } = await client.conversationSearch({ query: 'xylophone plays', role: 'assistant' });
    expect(results).toMatchObject([{ slotId: 'coder-1', content: 'the >>>xylophone<<< >>>plays<<<' }]);
  }, WAIT);
  const { results } = await client.conversationSearch({ query: 'walrus', tool: 'Bash', slotId: 'coder-1' });
  expect(results.map(({ role }) => role).sort()).toEqual(['tool_result', 'tool_use']);
  const answers = world.model.requests().length;
  const counted = { total_input: answers * INPUT, total_output: answers * OUTPUT, record_count: answers };
  for (const [groupBy, group_key] of [
    ['slot', 'coder-1'],
    ['task', taskId],
  ] as const)
    expect((await client.tokenStats({ groupBy })).stats).toMatchObject([{ group_key, ...counted }]);
});

test("the person's conversations are followed as they are written", async () => {
  const file = persons('33333333-3333-4333-8333-333333333333');
  const half = said('a hippopotamus');
  writeFileSync(file, half.slice(0, 50));
  await everythingIsRead();
  appendFileSync(file, half.slice(50));
  await vi.waitFor(async () => {
    const { results } = await daemon.client.conversationSearch({ query: 'hippopotamus' });
    expect(results).toHaveLength(1);
  }, WAIT);
});

test('a daemon that is killed while it reads loses and doubles nothing', async () => {
  const pairs = 400;
  const files = 60;
  for (let number = 0; number < files; number += 1) {
    const lines = Array.from({ length: pairs }, (_, index) => {
      const id = `msg_${number}_${index}`;
      return (
        said(`question ${index} ${'of many words '.repeat(20)}`) +
        answered({ type: 'text', text: `answer ${index} 部署` }, {}, id)
      );
    });
    writeFileSync(persons(`44444444-4444-4444-8444-${String(number).padStart(12, '0')}`), lines.join(''));
  }
  for (const least of [0.2, 0.5, 0.8]) {
    await vi.waitFor(
      async () => {
        const { bytesRead, bytesTotal } = await daemon.client.conversationStatus({});
        expect(bytesRead).toBeGreaterThan(bytesTotal * least);
      },
      { ...WAIT, interval: 10 },
    );
    await daemon.kill9();
    daemon = await world.start();
  }
  await everythingIsRead();
  const database = new Database(path.join(world.home, 'mission.db'));
  try {
    const Counted = z.object({
      messages: z.number(),
      conversations: z.number(),
      said: z.number(),
      output: z.number(),
    });
    const counted = Counted.parse(
      database
        .prepare(
          `select (select count(*) from conversation_messages m join conversations c on c.id = m.conversation_id where c.name like '4444%') as messages,
            (select count(*) from conversations where name like '4444%') as conversations,
            (select sum(message_count) from conversations where name like '4444%') as said,
            (select sum(output_tokens) from message_usage u join conversations c on c.id = u.conversation_id where c.name like '4444%') as output`,
        )
        .get(),
    );
    const messages = files * pairs * 2;
    expect(counted).toEqual({ messages, conversations: files, said: messages, output: files * pairs * 50 });
    for (const index of ['message_words', 'message_trigrams'])
      database.prepare(`insert into ${index} (${index}, rank) values ('integrity-check', 1)`).run();
  } finally {
    database.close();
  }
});
