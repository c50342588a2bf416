import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { SCRIPTED_API_KEY } from '../../server/demo/embedded-home.ts';
import { ensureClaudeCode } from '../../services/claude/install.ts';
import type { Reply } from '../../services/scripted-model/script.ts';
import { shownIn } from '../actors/memory/shown-lines.ts';
import { createWorld, type Daemon, ended, eventOf, type World } from './world.ts';

const WAIT = { timeout: 90_000, interval: 200 };
const BEGINS = 'You keep the memory';
const FACT = 'The warehouse of this project listens on port 4711';
/** Long enough to be killed in the middle of. */
const WORD_MS = 150;

/** The model as a worker of the memory: it keeps what a person says of warehouses. */
function script({ prompt }: { readonly prompt: string }): Reply | null {
  if (!prompt.startsWith(BEGINS)) return null;
  const entries = shownIn(prompt)
    .filter(({ by, said }) => by === 'user' && said.includes(FACT))
    .map(({ id }) => ({
      category: 'memory:ops',
      key: 'warehouse-port',
      summary: FACT,
      message_ids: [id],
    }));
  const text = `This is what I have found. ${JSON.stringify({ entries })}`;
  return { kind: 'blocks', blocks: [{ type: 'text', text }], wordMs: WORD_MS };
}

let world: World;
let daemon: Daemon;
let session = '';
beforeAll(async () => {
  world = await createWorld({
    script,
    slots: [
      { id: 'coder-1', role: 'coder', description: 'codes' },
      { id: 'memory-1', role: 'memory', description: 'remembers' },
    ],
    settings: { memory: { realtime: { afterSeconds: 2 }, deep: false } },
  });
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

const asked = () => world.model.requests().filter(({ prompt }) => prompt.startsWith(BEGINS));

/** What a person does in a terminal of their own. @returns the id of the session */
async function person(...words: string[]): Promise<string> {
  const folder = path.join(world.env['HOME'] ?? '', 'work');
  mkdirSync(folder, { recursive: true });
  const { stdout } = await promisify(execFile)(
    (await ensureClaudeCode()).file,
    ['-p', '--output-format', 'json', ...words],
    {
      cwd: folder,
      env: {
        ...world.env,
        ANTHROPIC_BASE_URL: world.model.url,
        ANTHROPIC_API_KEY: SCRIPTED_API_KEY,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
      timeout: 60_000,
    },
  );
  return z.object({ session_id: z.string() }).parse(JSON.parse(stdout)).session_id;
}

test("what a person's session says is learnt once, though the daemon is killed over it, and given to another slot", async () => {
  session = await person(`say: noted. ${FACT}.`);

  await vi.waitFor(() => expect(asked().length).toBe(1), WAIT);
  await vi.waitFor(async () => {
    const { recent } = await daemon.client.memoryStatus({});
    expect(recent).toMatchObject([{ kind: 'realtime', status: 'extracting' }]);
  }, WAIT);
  await daemon.kill9();
  daemon = await world.start();
  await eventOf(daemon.client, (event) =>
    event?.type === 'memory_job_changed' && event.job.status === 'done' ? event.job : undefined,
  );

  const { recent } = await daemon.client.memoryStatus({});
  expect(recent).toMatchObject([{ status: 'done', attempt: 1, outcome: { created: 1, proposed: 0 } }]);
  expect(asked()).toHaveLength(1);
  const { changes } = await daemon.client.kbHistory({ key: 'warehouse-port' });
  expect(changes).toMatchObject([{ kind: 'created', origin: { jobId: recent[0]?.id } }]);
  const [message] = changes[0]?.origin?.messageIds ?? [];
  const { messages } = await daemon.client.conversationGet({
    sessionId: changes[0]?.origin?.sessionId ?? '',
  });
  expect(messages.find(({ id }) => id === message)?.content).toContain(FACT);
  // It is no news to whoever handed in work himself.
  expect((await daemon.client.inbox({})).messages).toEqual([]);

  const { taskId } = await daemon.client.submit({
    role: 'coder',
    prompt: 'say: is the port of the warehouse open?',
  });
  expect(await ended(daemon.client, taskId)).toMatchObject({ status: 'done' });
  const sent = world.model.requests().filter(({ prompt }) => prompt.startsWith('say: is the port'));
  expect(JSON.stringify(sent)).toContain(FACT);
});

test('the memory is never fed with what it was told itself', async () => {
  const { client } = daemon;
  // The coder's session is read; behind it nothing is left to read.
  await vi.waitFor(async () => {
    const { pendingRealtime, jobs } = await client.memoryStatus({});
    expect([pendingRealtime, jobs]).toEqual([0, { done: 2 }]);
  }, WAIT);
  const { origin } = await client.kbGet({ key: 'warehouse-port' });
  const { tasks } = await client.slotHistory({ slotId: 'memory-1', taskType: 'realtime_extract' });
  expect(tasks).toMatchObject([{ status: 'done' }, { status: 'done' }]);
  // Each batch is read in a session of its own: it neither pays for the ones before nor follows what stood in them.
  expect(asked().map(({ body }) => JSON.stringify(body).split('--- begin ').length - 1)).toEqual([1, 1]);
  const { conversations } = await client.conversationList({ slotId: 'memory-1' });
  expect(conversations).toHaveLength(2);
  const database = new Database(path.join(world.home, 'mission.db'), { readonly: true });
  try {
    const told = database
      .prepare(
        `select count(*) as count from memory_jobs j, json_each(j.message_ids) id
          join conversation_messages m on m.id = id.value join conversations c on c.id = m.conversation_id
          join conversation_slots s on s.session_id = c.session_id where s.slot_id = 'memory-1'`,
      )
      .get();
    expect(told).toEqual({ count: 0 });
    expect(await client.kbUndo({ job_id: origin?.jobId ?? '' })).toMatchObject({
      undone: [{ key: 'warehouse-port' }],
    });
  } finally {
    database.close();
  }
});

test('a session that is forked says nothing again', async () => {
  const before = asked().length;
  expect(await person('--resume', session, '--fork-session', 'say: and now for more')).not.toBe(session);
  await vi.waitFor(() => expect(asked().length).toBe(before + 1), WAIT);
  expect(shownIn(asked().at(-1)?.prompt ?? '').map(({ said }) => said)).toEqual([
    'say: and now for more',
    'and now for more',
  ]);
});
