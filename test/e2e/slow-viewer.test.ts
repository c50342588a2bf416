import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { AttachServerMessage } from '../../server/attach/protocol.ts';
import { createEmulator } from '../../services/terminal/emulator.ts';
import { createWorld, type Daemon, processesOf, type World } from './world.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/line-program.mjs', import.meta.url));
const MEGABYTE = 1024 ** 2;
/** What is printed: 50 times some two megabytes. */
const TIMES = 50;
const LINES = 26_000;
/** What both processes may grow by while 100 MB go through them; garbage that nobody has collected yet is most of it. */
const MOST_GROWTH_BYTES = 96 * MEGABYTE;

let world: World;
let daemon: Daemon;
const sockets: WebSocket[] = [];
beforeAll(async () => {
  world = await createWorld({
    slots: [{ id: 'loud-1', role: 'loud', description: 'prints', extra: { command: PROGRAM } }],
  });
  daemon = await world.start();
});
afterAll(async () => {
  for (const socket of sockets) socket.terminate();
  expect(await world.close()).toEqual([]);
});

function viewerOf(): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${daemon.port}/pty/loud-1`, {
    headers: { authorization: `Bearer ${daemon.token}` },
  });
  sockets.push(socket);
  return socket;
}

/** A line of /proc/<pid>/status, in bytes. */
function memoryOf(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] =
    new RegExp(`${line}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** An emulator of ours draws 100 MB, on a machine that other tests share. */
const DRAWN = { timeout: 30_000, interval: 100 };

test('a viewer that never reads 100 MB costs nothing, and another one sees the right screen', async () => {
  await daemon.client.ptySpawn({ slotId: 'loud-1' });
  const dead = viewerOf();
  await once(dead, 'message');
  dead.pause();

  const emulator = createEmulator({ columns: 140, rows: 45, scrollback: 1_000, onReply: () => {} });
  const alive = viewerOf();
  let tail = '';
  let bytes = 0;
  let drawing = Promise.resolve();
  const ended = new Promise<void>((resolve, reject) => {
    alive.on('message', (data) => {
      const message = AttachServerMessage.parse(JSON.parse(String(data)));
      if (message.type === 'error') reject(new Error(message.message));
      if (message.type !== 'data' && message.type !== 'screen') return;
      if (message.type === 'screen') emulator.terminal.reset();
      drawing = new Promise((drawn) => emulator.terminal.write(message.data, drawn));
      bytes = message.sequence;
      alive.send(JSON.stringify({ type: 'ack', sequence: message.sequence }));
      tail = (tail + message.data).slice(-4_096);
      if (tail.includes('heard the end')) resolve();
    });
    alive.once('close', (code) => reject(new Error(`closed with ${code}`)));
  });
  await once(alive, 'open');

  const host = Number(
    processesOf(world.home)
      .find((line) => line.includes('pty-host'))
      ?.split(' ')[0],
  );
  const before = [daemon.pid, host].map((pid) => memoryOf(pid, 'VmRSS'));
  alive.send(JSON.stringify({ type: 'input', data: `${`loud ${LINES}\r`.repeat(TIMES)}the end\r` }));
  await ended;
  const grown = [daemon.pid, host].map((pid, index) => memoryOf(pid, 'VmHWM') - (before[index] ?? 0));

  expect(bytes).toBeGreaterThan(100 * MEGABYTE);
  for (const growth of grown) expect(growth).toBeLessThan(MOST_GROWTH_BYTES);
  // The bytes may still be on their way behind what was waited for.
  await vi.waitFor(async () => {
    await drawing;
    const { screen } = await daemon.client.ptyScreen({ slotId: 'loud-1' });
    expect(screen).toContain('heard the end');
    expect(emulator.text().trimEnd()).toBe(screen.trimEnd());
  }, DRAWN);
  emulator.dispose();
  expect(dead.readyState).toBe(WebSocket.OPEN);
});
