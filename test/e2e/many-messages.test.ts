import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { MissionClient } from '../../server/client/connect-mission.ts';
import { agentOf, wordsGivenTo } from './agent-of-slot.ts';
import { createWorld, type Daemon, ended, type World } from './world.ts';

const AGENTS = 12;
const MESSAGES = 60;
/** Names that begin alike are no other's. */
const SLOTS = Array.from({ length: AGENTS }, (_, index) => `fox-${index + 1}`);
/** Twelve programs start on a machine that may be busy. */
const START_MS = 300_000;
const SOON = { timeout: 240_000, interval: 500 };

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({
    permissionsYaml: 'default: { allow: ["Bash(sleep *)"] }\n',
    slots: SLOTS.map((id) => ({ id, role: 'worker', description: 'writes' })),
  });
  daemon = await world.start();
  for (const slotId of SLOTS)
    await daemon.client.ptySpawn({ slotId, waitForIdle: true, timeoutSecs: START_MS / 1_000 });
}, START_MS);
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

/** Each sender writes to two others, several times to both. */
const receiverOf = (index: number): string =>
  SLOTS[(index + 1 + (Math.floor(index / AGENTS) % 2)) % AGENTS] ?? '';

test(
  `${MESSAGES} messages at once to ${AGENTS} real agents: each to the right one, once, in order`,
  async () => {
    // One of them is at work meanwhile: it gets its own beside the results of its tools.
    const { taskId } = await daemon.client.submit({
      slotId: 'fox-1',
      prompt: 'tools: [["Bash",{"command":"sleep 3"}],["Bash",{"command":"sleep 4"}]]',
    });
    const clients = new Map<string, MissionClient>(SLOTS.map((slot) => [slot, agentOf(world, daemon, slot)]));
    const sent = await Promise.all(
      Array.from({ length: MESSAGES }, async (_, index) => {
        const from = SLOTS[index % AGENTS] ?? '';
        const to = receiverOf(index);
        const { messages } =
          (await clients.get(from)?.messageSend({ to, body: `several\nlines, and mark-${index}-end` })) ?? {};
        return { to, from, mark: `mark-${index}-end`, id: messages?.[0]?.id ?? '' };
      }),
    );
    await vi.waitFor(async () => {
      const { messages } = await daemon.client.messageList({ limit: 200 });
      expect(messages).toHaveLength(MESSAGES);
      expect(messages.filter(({ status }) => status !== 'delivered')).toEqual([]);
    }, SOON);
    expect(await ended(daemon.client, taskId)).toMatchObject({ status: 'done' });
    for (const slot of SLOTS) {
      const mine = sent.filter(({ to }) => to === slot).map(({ mark }) => mark);
      const marks = await vi.waitFor(async () => {
        const found = (await wordsGivenTo(daemon.client, slot)).match(/mark-\d+-end/g) ?? [];
        expect(found.length).toBeGreaterThanOrEqual(mine.length);
        return found;
      }, 30_000);
      expect([slot, [...marks].sort()]).toEqual([slot, [...mine].sort()]);
      // They came at once: their order is that in which they were stored.
      const { messages } = await daemon.client.messageList({ inbox: slot, limit: 200 });
      const stored = messages.toReversed().map(({ body }) => /mark-\d+-end/.exec(body)?.[0]);
      expect([slot, marks]).toEqual([slot, stored]);
    }
  },
  START_MS,
);
