import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRandom } from '../chaos/random.ts';
import type { Door } from './doors/door.ts';
import { createHooksDoor, createOperationsDoor } from './doors/http-doors.ts';
import { createBridgeDoor, createMcpDoor } from './doors/mcp-doors.ts';
import { createRawDoor, requestsOf } from './doors/raw-doors.ts';
import { createPtyHostDoor, createWebSocketDoor } from './doors/socket-doors.ts';
import { type FuzzedDaemon, type Held, startFuzzedDaemon } from './fuzzed-daemon.ts';
import { printSettings, seedOf, shareMs } from './settings.ts';

const SHARE = 0.7;
/** Nothing that is sent takes a daemon so long. */
const HANGS_AFTER_MS = 30_000;
/** What may be held more after the last third than after the first: caches fill, and machines are noisy. */
const MOST_GROWTH: Held = { megabytes: 24, descriptors: 10, hostMegabytes: 48, hostDescriptors: 10 };

let daemon: FuzzedDaemon;
beforeAll(async () => {
  printSettings('the doors');
  daemon = await startFuzzedDaemon();
  for (const slotId of ['coder-1', 'coder-2']) await daemon.client.ptySpawn({ slotId });
});
afterAll(() => daemon.close());

/** One attempt after the other until the time is over; a failure says how it is made again. */
async function keepTrying(door: Door, first: number, untilMs: number): Promise<number> {
  let attempt = first;
  for (; Date.now() < untilMs || attempt === first; attempt += 1) {
    const seed = seedOf(door.name, attempt);
    let hangs: NodeJS.Timeout | undefined;
    const hung = new Promise<never>((_, reject) => {
      hangs = setTimeout(() => reject(new Error('no answer')), HANGS_AFTER_MS);
    });
    try {
      await Promise.race([door.attempt(createRandom(seed)), hung]);
    } catch (cause) {
      throw new Error(`${door.name}, attempt ${attempt}: ${String(cause)}`, { cause });
    } finally {
      clearTimeout(hangs);
    }
  }
  return attempt;
}

/** A person starts again what somebody has ended at the keyboard. */
async function startAgain(): Promise<void> {
  const { slots } = await daemon.client.ptyStatus({});
  for (const { slotId, status } of slots)
    if (slotId !== 'researcher-1' && status !== 'live') await daemon.client.ptySpawn({ slotId });
}

test('whatever comes through any door, all of them at once, the daemon serves on and holds no more than before', async () => {
  const doors: readonly Door[] = [
    createOperationsDoor(daemon, 'TCP'),
    createOperationsDoor(daemon, 'the unix socket'),
    createRawDoor('bytes over TCP', { port: daemon.port, host: '127.0.0.1' }, requestsOf(daemon)),
    createRawDoor('bytes over the unix socket', { path: daemon.socketFile }, requestsOf(daemon)),
    createRawDoor('bytes to the pty host', { path: `${daemon.home}/pty-host.sock` }, requestsOf(daemon)),
    createWebSocketDoor(daemon),
    createPtyHostDoor(daemon),
    createMcpDoor(daemon),
    createBridgeDoor(daemon),
    createHooksDoor(daemon, 'coder-1'),
  ];
  const attempts = new Map<Door, number>();
  const held: Held[] = [];
  for (let third = 0; third < 3; third += 1) {
    const until = Date.now() + shareMs(SHARE) / 3;
    const tried = await Promise.allSettled(
      doors.map(async (door) => attempts.set(door, await keepTrying(door, attempts.get(door) ?? 0, until))),
    );
    for (const one of tried) if (one.status === 'rejected') throw one.reason;
    await startAgain();
    for (const door of doors) await door.honest();
    for (const door of doors) await door.rest();
    held.push(await daemon.held());
    expect(daemon.errors()).toEqual([]);
  }
  process.stdout.write(`held after each third: ${JSON.stringify(held)}\n`);
  for (const [door, count] of attempts) process.stdout.write(`${String(count).padStart(7)} ${door.name}\n`);
  const [first, , last] = held;
  if (first === undefined || last === undefined) throw new Error('nothing was measured');
  expect(last.megabytes - first.megabytes).toBeLessThan(MOST_GROWTH.megabytes);
  expect(last.descriptors - first.descriptors).toBeLessThan(MOST_GROWTH.descriptors);
  expect(last.hostMegabytes - first.hostMegabytes).toBeLessThan(MOST_GROWTH.hostMegabytes);
  expect(last.hostDescriptors - first.hostDescriptors).toBeLessThan(MOST_GROWTH.hostDescriptors);
});
