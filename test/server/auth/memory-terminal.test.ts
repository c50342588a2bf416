import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { openViewer } from '../ws/open-viewer.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors({ slots: ['memory-1'] });
  for (const slotId of ['coder-1', 'memory-1']) await doors.client.ptySpawn({ slotId });
});
afterAll(() => doors.close());

const TOOLS = ['mission_pty_screen', 'mission_pty_screenshot', 'mission_pty_history', 'mission_pty_logs'];

async function statusOf(role: 'viewer' | 'orchestrator', name: string, slotId: string) {
  const { token } = doors.tokens.create(role, undefined);
  const { status } = await doors.tcp({
    path: `/api/tools/${name}`,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ slotId }),
  });
  return status;
}

test.each(TOOLS)('%s shows a viewer other slots, and nobody but an orchestrator the memory', async (name) => {
  // No picture is drawn behind these doors: it is asked for in vain.
  const shown = name === 'mission_pty_screenshot' ? 409 : 200;
  expect(await statusOf('viewer', name, 'coder-1')).toBe(shown);
  expect(await statusOf('viewer', name, 'memory-1')).toBe(403);
  expect(await statusOf('orchestrator', name, 'memory-1')).toBe(shown);
});

test('its terminal is watched by orchestrators and not by viewers', async () => {
  const as = (role: 'viewer' | 'orchestrator') => ({
    port: doors.port,
    token: doors.tokens.create(role, undefined).token,
  });
  const viewer = await openViewer(as('viewer'), '/pty/memory-1');
  expect(await viewer.until(({ type }) => type === 'error' || type === 'screen')).toMatchObject({
    type: 'error',
    code: 'not_permitted',
  });
  expect(await viewer.closed).toBe(4001);
  for (const [role, slot] of [
    ['viewer', 'coder-1'],
    ['orchestrator', 'memory-1'],
  ] as const) {
    const allowed = await openViewer(as(role), `/pty/${slot}`);
    expect(await allowed.until(({ type }) => type === 'error' || type === 'screen')).toMatchObject({
      type: 'screen',
    });
    allowed.socket.terminate();
  }
});
