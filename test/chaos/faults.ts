import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { type ProcessKind, sendSignal } from './processes.ts';
import type { Random } from './random.ts';
import { SLOTS, type Stage } from './stage.ts';

/** One way in which the world goes wrong. */
export interface Fault {
  readonly name: string;
  /** How often it is chosen, against the others. */
  readonly weight: number;
  /**
   * Resolves when it is over and the world is as before. False when it could not happen just now: there was nobody to
   * kill, or the database was not to be locked.
   */
  inflict(): Promise<boolean>;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const HOOK_HANGS_MS = 8_000;
const Door = z.object({ hookUrl: z.url(), token: z.string() });

function killed(stage: Stage, random: Random, kind: ProcessKind): () => Promise<boolean> {
  return async () => {
    const living = stage.processes(kind);
    return living.length > 0 && sendSignal(random.pick(living).pid, 'SIGKILL');
  };
}

/** Daemon, pty host and agents in one moment, and whatever else is there. */
async function killEverything(stage: Stage): Promise<boolean> {
  const living = stage.processes();
  const isThere = (kind: ProcessKind): boolean => living.some((each) => each.kind === kind);
  if (!isThere('daemon') || !isThere('host') || !isThere('agent')) return false;
  for (const { pid } of living) sendSignal(pid, 'SIGKILL');
  return true;
}

/** Standing still: it neither answers nor notices. */
function stopped(stage: Stage, random: Random, kind: ProcessKind, longestMs: number): () => Promise<boolean> {
  return async () => {
    const living = stage.processes(kind);
    if (living.length === 0) return false;
    const { pid } = random.pick(living);
    const forMs = random.between(500, longestMs);
    if (!sendSignal(pid, 'SIGSTOP')) return false;
    try {
      await sleep(forMs);
    } finally {
      sendSignal(pid, 'SIGCONT');
    }
    return true;
  };
}

/** Another program writes to the database, for shorter or longer than the daemon's patience of 5 s. */
async function holdWriteLock(file: string, forMs: number): Promise<boolean> {
  const database = new Database(file, { timeout: 1_000 });
  try {
    database.exec('BEGIN IMMEDIATE');
    await sleep(forMs);
    database.exec('ROLLBACK');
    return true;
  } catch {
    // The daemon wrote for a whole second, or the disk is full: then nothing is held.
    return false;
  } finally {
    database.close();
  }
}

/** A hook whose body never comes. */
async function hangHook(stage: Stage, random: Random): Promise<boolean> {
  const { id } = random.pick(SLOTS);
  const door = Door.safeParse(readJson(path.join(stage.home, 'agents', id, 'door.json')));
  if (!door.success) return false;
  const url = new URL(door.data.hookUrl);
  const socket = net.connect(Number(url.port), url.hostname);
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  if (!connected) return false;
  // The daemon may be killed meanwhile.
  socket.on('error', () => {});
  socket.write(
    `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\nauthorization: Bearer ${door.data.token}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"hook_event_name":`,
  );
  await sleep(HOOK_HANGS_MS);
  socket.destroy();
  return true;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** Everything that this machine allows to go wrong. */
export function createFaults(stage: Stage, random: Random): readonly Fault[] {
  const { clock, disk } = stage;
  const faults: Fault[] = [
    { name: 'agent killed', weight: 6, inflict: killed(stage, random, 'agent') },
    { name: 'daemon killed', weight: 5, inflict: killed(stage, random, 'daemon') },
    { name: 'pty host killed', weight: 2, inflict: killed(stage, random, 'host') },
    { name: 'bridge killed', weight: 2, inflict: killed(stage, random, 'bridge') },
    { name: 'all killed at once', weight: 1, inflict: () => killEverything(stage) },
    { name: 'daemon stood still', weight: 2, inflict: stopped(stage, random, 'daemon', 8_000) },
    { name: 'pty host stood still', weight: 1, inflict: stopped(stage, random, 'host', 4_000) },
    { name: 'agent stood still', weight: 2, inflict: stopped(stage, random, 'agent', 6_000) },
    {
      name: 'database locked',
      weight: 2,
      inflict: () => holdWriteLock(stage.databaseFile, random.between(500, 8_000)),
    },
    { name: 'hook hung', weight: 1, inflict: () => hangHook(stage, random) },
  ];
  if (disk !== null) {
    faults.push({
      name: 'disk full',
      weight: 2,
      async inflict() {
        disk.fill();
        await sleep(random.between(1_000, 6_000));
        disk.free();
        return true;
      },
    });
  }
  if (clock !== null) {
    const shift = (least: number, most: number) => async (): Promise<boolean> => {
      clock.shift(random.between(least, most));
      return true;
    };
    faults.push(
      { name: 'clock set back', weight: 1, inflict: shift(-2 * HOUR_MS, -MINUTE_MS) },
      { name: 'clock set forward', weight: 1, inflict: shift(MINUTE_MS, 2 * HOUR_MS) },
    );
  }
  return faults;
}

/** What goes wrong next: everything once, in an order of chance; after that by weight. */
export function createFaultSource(faults: readonly Fault[], random: Random): () => Fault {
  const weighted = faults.flatMap((fault) => Array<Fault>(fault.weight).fill(fault));
  const left = [...faults];
  return () => {
    const [next] = left.length === 0 ? [] : left.splice(random.between(0, left.length - 1), 1);
    return next ?? random.pick(weighted);
  };
}
