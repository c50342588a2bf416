import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import type { Random } from '../../chaos/random.ts';
import type { FuzzedDaemon } from '../fuzzed-daemon.ts';
import { messageLike } from '../mutate.ts';
import type { Door } from './door.ts';

/** Some messages share a connection, so that one meets what an earlier one has left. */
const OF_ONE_CONNECTION = 25;

/** Each that has ended is remembered with its screen until somebody says `forget`. */
const MOST_PROGRAMS = 10;

/** Messages over WebSockets: nearly valid ones, and now and then a flood, or somebody who goes away in the middle. */
function createSocketDoor(options: {
  readonly name: string;
  readonly open: (random: Random) => WebSocket;
  readonly message: (random: Random) => Buffer;
  readonly honest: () => Promise<void>;
}): Door {
  const { name, open, message, honest } = options;
  return {
    name,
    async attempt(random) {
      const socket = open(random).setMaxListeners(0);
      socket.on('error', () => {});
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      await Promise.race([new Promise((resolve) => socket.once('open', resolve)), closed]);
      for (let left = random.between(1, OF_ONE_CONNECTION); left > 0; left -= 1) {
        if (socket.readyState !== socket.OPEN) break;
        socket.send(message(random), { binary: random.next() < 0.2 });
      }
      if (random.next() < 0.2) socket.terminate();
      // An answer to a ping comes after everything that was sent before it; a connection may be closed for what was sent.
      else if (socket.readyState === socket.OPEN) {
        const answered = new Promise((resolve) => socket.once('pong', resolve));
        socket.ping();
        await Promise.race([answered, closed]);
        socket.terminate();
      }
      await closed;
    },
    rest: async () => {},
    honest,
  };
}

/** `/tasks`, `/inspect` and the terminals, one of them with a keyboard. */
export function createWebSocketDoor(daemon: FuzzedDaemon): Door {
  const open = (address: string): WebSocket =>
    new WebSocket(`ws://127.0.0.1:${daemon.port}${address}`, { headers: daemon.owner });
  const addresses = ['/tasks', '/tasks?since=1', '/inspect', '/pty/coder-1?readonly=1', '/pty/coder-2'];
  return createSocketDoor({
    name: 'WebSockets',
    open: (random) => open(random.pick(addresses)),
    message: (random) =>
      messageLike(
        random.pick<object>([
          { type: 'input', data: 'echo \u001b[A hello\r' },
          { type: 'resize', columns: random.between(2, 1_000), rows: random.between(2, 1_000) },
          { type: 'ack', sequence: random.between(0, 10_000) },
        ]),
        random,
      ),
    async honest() {
      const socket = open('/pty/coder-1');
      await once(socket, 'open');
      const word = randomUUID();
      const heard = new Promise<void>((resolve, reject) => {
        let said = '';
        socket.on('message', (data) => {
          const { data: text } = JSON.parse(String(data));
          said += String(text);
          if (said.includes(`heard ${word}`)) resolve();
        });
        socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
      });
      // What others have left half typed there is ended first.
      socket.send(JSON.stringify({ type: 'input', data: `\r${word}\r` }));
      await heard;
      socket.terminate();
    },
  });
}

/** The socket on which the pty host serves daemons. `shutdown` is what it says, and not tried. */
export function createPtyHostDoor(daemon: FuzzedDaemon): Door {
  const open = (): WebSocket =>
    new WebSocket(`ws+unix:${path.join(daemon.home, 'pty-host.sock')}:/`, { perMessageDeflate: false });
  const epochs: string[] = [];
  function valid(random: Random): object {
    const id = random.between(1, 1_000);
    const epoch = random.next() < 0.5 && epochs.length > 0 ? random.pick(epochs) : randomUUID();
    if (epochs.length < MOST_PROGRAMS && random.next() < 0.02) {
      epochs.push(epoch);
      const spec = { epoch, slotId: 'nobody', file: '/bin/true', args: ['x'], cwd: '/', env: { A: 'b' } };
      return { id, method: 'spawn', spec: { ...spec, columns: 80, rows: 24 } };
    }
    return random.pick<object>([
      { id, method: 'hello', pid: process.pid },
      { id, method: 'list' },
      { id, method: 'write', epoch, data: 'x' },
      { id, method: 'resize', epoch, columns: 100, rows: 50 },
      { id, method: 'signal', epoch, signal: 'SIGINT' },
      { id, method: 'terminate', epoch, graceMs: 0 },
      { id, method: 'read', epoch },
      { id, method: 'text', epoch, lines: 100 },
      { id, method: 'attach', epoch, fromSequence: 0 },
      { id, method: 'detach', attachment: id },
      { id, method: 'acknowledge', attachment: id, sequence: 9 },
      { id, method: 'forget', epoch },
    ]);
  }
  return createSocketDoor({
    name: 'the pty host',
    open,
    message: (random) => messageLike(valid(random), random),
    async honest() {
      const socket = open();
      await once(socket, 'open');
      const answered = new Promise<string>((resolve) =>
        socket.on('message', (data) => {
          if (String(data).includes('"answer"')) resolve(String(data));
        }),
      );
      socket.send(JSON.stringify({ id: 1, method: 'list' }));
      expect(await answered).toContain('coder-1');
      socket.terminate();
    },
  });
}
