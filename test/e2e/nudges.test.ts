import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createWorld, type Daemon, type World } from './world.ts';

/** Three seconds. */
const nudge = { afterMinutes: 0.05 };

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({
    slots: [
      { id: 'coder-1', role: 'coder', description: 'codes', extra: { nudge } },
      { id: 'coder-2', role: 'coder', description: 'codes', extra: { nudge } },
    ],
  });
  daemon = await world.start();
  for (const slotId of ['coder-1', 'coder-2']) await daemon.client.ptySpawn({ slotId, waitForIdle: true });
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

async function promptsOf(slotId: string): Promise<readonly string[]> {
  const { history } = await daemon.client.ptyHistory({ slotId });
  return history.filter(({ role }) => role === 'user').map(({ content }) => content);
}

test('a real agent is reminded of its card, no other is, and none that is put aside', async () => {
  const card = await daemon.client.boardCreate({ title: 'Paint the shed' });
  await daemon.client.boardClaim({ taskId: card.id, executorId: 'coder-1', executorType: 'pty_slot' });
  await vi.waitFor(async () => expect(await promptsOf('coder-1')).toHaveLength(1), 60_000);
  expect((await promptsOf('coder-1'))[0]).toMatch(
    new RegExp(`^missiond reminds you, since you rest: the board task ${card.id}`),
  );
  const other = await daemon.client.boardCreate({ title: 'Paint the door' });
  await daemon.client.pause({ slotId: 'coder-2' });
  await daemon.client.boardClaim({ taskId: other.id, executorId: 'coder-2', executorType: 'pty_slot' });
  await daemon.kill9();
  daemon = await world.start();
  // The second one comes after twice the pause.
  await vi.waitFor(async () => expect(await promptsOf('coder-1')).toHaveLength(2), 60_000);
  expect(await promptsOf('coder-2')).toEqual([]);
  await daemon.client.boardUpdate({ id: card.id, status: 'done' });
  await daemon.client.wake({ all: true });
  await vi.waitFor(async () => expect(await promptsOf('coder-2')).toHaveLength(1), 60_000);
  expect(await promptsOf('coder-1')).toHaveLength(2);
});
