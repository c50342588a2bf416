import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MissionEvent } from '../../../actors/mission/views.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { openViewer, type Viewer } from './open-viewer.ts';

/** As `sendText` allows. */
const MOST_BUFFERED_BYTES = 8 * 1024 * 1024;
const LARGE = 1024 * 1024;
/** Together far more than what a client may leave unread and what the kernel keeps for it. */
const LARGE_EVENTS = 60;

let doors: OpenDoors;
const viewers: Viewer[] = [];
beforeAll(async () => {
  doors = await openDoors();
  await doors.client.ptySpawn({ slotId: 'coder-1' });
});
afterEach(async () => {
  for (const { socket } of viewers) socket.terminate();
  await Promise.all(viewers.splice(0).map(({ closed }) => closed));
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

async function watch(address = '/tasks'): Promise<Viewer> {
  const viewer = await openViewer(doors, address);
  viewers.push(viewer);
  return viewer;
}
const queue = async (prompt: string): Promise<string> =>
  (await doors.client.submit({ slotId: 'researcher-1', prompt })).taskId;
const tells = (viewer: Viewer, taskId: string) =>
  viewer.until(
    ({ type, task }) =>
      type === 'task_changed' && typeof task === 'object' && JSON.stringify(task).includes(taskId),
  );
const eventsOf = ({ messages }: Viewer): readonly MissionEvent[] =>
  messages.filter(({ type }) => type !== 'snapshot').map((message) => MissionEvent.parse(message));

/** An event of a megabyte: a tool was judged on a name that long. */
async function publishLarge(): Promise<void> {
  const { hookUrl, token } = doors.doorOf('coder-1');
  const [slot] = (await doors.client.ptyStatus({ slotId: 'coder-1' })).slots;
  await doors.tcp({
    path: new URL(hookUrl).pathname,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      session_id: slot?.sessionId,
      hook_event_name: 'PreToolUse',
      tool_name: 'mcp__large__tool',
      tool_input: { text: 'x'.repeat(LARGE) },
    }),
  });
}

describe('/tasks', () => {
  test('tells how everything stands, then every change, numbered without holes', async () => {
    const before = await queue('say: before');
    const viewer = await watch();
    const snapshot = await viewer.until(({ type }) => type === 'snapshot');
    expect(viewer.messages[0]).toBe(snapshot);
    expect(snapshot).toMatchObject({
      slots: [{ slotId: 'coder-1' }, { slotId: 'coder-2' }, { slotId: 'researcher-1' }],
      tasks: [{ id: before }],
      questions: [],
    });
    await tells(viewer, await queue('say: after'));
    const sequences = eventsOf(viewer).map(({ sequence }) => sequence);
    const first = Number(snapshot['sequence']) + 1;
    expect(sequences).toEqual(sequences.map((_, index) => first + index));
  });

  test('a client that comes back is told what it missed', async () => {
    const first = await watch();
    const { sequence } = await first.until(({ type }) => type === 'snapshot');
    first.socket.terminate();
    const missed = await queue('say: missed');
    const back = await watch(`/tasks?since=${sequence}`);
    await tells(back, missed);
    expect(eventsOf(back)[0]?.sequence).toBe(Number(sequence) + 1);
  });

  test.each(['x', '-1', '1.5', '1&since=2'])('since=%s is refused, not taken for nothing', async (since) => {
    const viewer = await openViewer(doors, `/tasks?since=${since}`);
    expect(await viewer.until(({ type }) => type === 'error')).toMatchObject({ code: 'input_invalid' });
    expect(await viewer.closed).toBe(4004);
  });

  test('does not listen: whatever is said to it changes nothing', async () => {
    const viewer = await watch();
    for (const frame of ['', '{', '{"type":"task_changed"}', Buffer.alloc(1000, 0xff)])
      viewer.socket.send(frame);
    await tells(viewer, await queue('say: told all the same'));
    expect(viewer.messages.filter(({ type }) => type === 'error')).toEqual([]);
  });

  test('a client that never reads is dropped before the daemon grows, and others are told everything', async () => {
    const dead = await watch();
    await dead.until(({ type }) => type === 'snapshot');
    const known = new Set(doors.app.websocketServer.clients);
    dead.socket.pause();
    const alive = await watch();
    let most = 0;
    for (let count = 0; count < LARGE_EVENTS; count += 1) {
      await publishLarge();
      for (const socket of known) most = Math.max(most, socket.bufferedAmount);
    }
    const large = (viewer: Viewer) => eventsOf(viewer).filter(({ type }) => type === 'tool_decided');
    await alive.until(() => large(alive).length === LARGE_EVENTS);
    expect(most).toBeLessThan(MOST_BUFFERED_BYTES + 2 * LARGE);
    // When it reads again it finds what was on its way, and the word that it was too slow.
    dead.socket.resume();
    expect(await dead.closed).toBe(1013);
    expect(large(dead).length).toBeLessThan(LARGE_EVENTS);
  });
});
