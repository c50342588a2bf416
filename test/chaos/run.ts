import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskId } from '../../db/ids.ts';
import { connectMission } from '../../server/client/connect-mission.ts';
import { bridgeDoor, clientDoor, type Door } from './doors.ts';
import { createFaultSource, createFaults, type Fault } from './faults.ts';
import { listenForFinalStates } from './final-states.ts';
import { handIn } from './hand-in.ts';
import { type Footprint, footprintOf } from './processes.ts';
import { createRandom, type Random } from './random.ts';
import { BRIDGE, SLOTS, type Stage } from './stage.ts';
import { createWorkSource, type Work, type WorkSource } from './work.ts';

const OPEN = ['queued', 'delivering', 'running', 'waiting'] as const;
/** With more than this waiting nothing is handed in: the run has to come to an end. */
const MOST_QUEUED = 12;
const LOOK_EVERY_MS = 300;
/** When no task has ended for so long, those that are open are called stuck. */
const NOTHING_ENDS_MS = 180_000;
/** Tasks of a calm round, whose footprints are compared. */
const CALM_ROUND = 24;

/** Some of the work waits for the one before it. */
const DEPENDENT_SHARE = 0.15;

export interface HandedIn {
  readonly work: Work;
  readonly taskId: TaskId;
  readonly door: string;
}

export interface Ran {
  readonly handedIn: readonly HandedIn[];
  /** How often each has happened, of those that this machine allows. */
  readonly faults: ReadonlyMap<string, number>;
  /** So long things went wrong. */
  readonly forMs: number;
  readonly told: Awaited<ReturnType<typeof listenForFinalStates>>;
  /** Of daemon and pty host, at rest after each of the calm rounds. */
  readonly footprints: readonly { readonly daemon: Footprint | null; readonly host: Footprint | null }[];
  /** Agents at rest that no slot calls its own. */
  readonly strayAgents: readonly number[];
}

async function openTasks(home: string): Promise<number> {
  const lists = await Promise.all(
    OPEN.map((status) => connectMission({ home }).tasks({ status, limit: 500 })),
  );
  return lists.reduce((sum, { tasks }) => sum + tasks.length, 0);
}

/** Starts the daemon again, a while after it has ended. */
async function keepUp(stage: Stage, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (stage.processes('daemon').length === 0) {
      await sleep(random.between(0, 1_500));
      // A full disk, a locked database: tried again.
      await stage.up().catch(() => undefined);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** Does what a person does: says yes to whatever is asked, and starts what was left alone for failing too often. */
async function lookAfterIt(stage: Stage, signal: AbortSignal): Promise<void> {
  const client = connectMission({ home: stage.home });
  while (!signal.aborted) {
    const { slots } = await client.ptyStatus({}).catch(() => ({ slots: [] }));
    for (const { slotId, status, pendingConfirmation } of slots) {
      if (status === 'quarantined') await client.ptySpawn({ slotId }).catch(() => undefined);
      // Another may have been faster, or the daemon goes down now: it is asked again.
      if (pendingConfirmation !== undefined)
        await client.ptyConfirm({ slotId, response: true }).catch(() => undefined);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** @returns how often each fault that this machine allows has happened */
async function goWrong(
  stage: Stage,
  random: Random,
  until: number,
  tell: (line: string) => void,
): Promise<ReadonlyMap<string, number>> {
  const faults = createFaults(stage, random);
  const next = createFaultSource(faults, random);
  const happened = new Map(faults.map(({ name }) => [name, 0]));
  let again: Fault | null = null;
  while (Date.now() < until) {
    await sleep(random.between(400, 4_000));
    const fault: Fault = again ?? next();
    const did = await fault.inflict();
    tell(did ? fault.name : `${fault.name}: not now`);
    if (did) happened.set(fault.name, (happened.get(fault.name) ?? 0) + 1);
    // What could not happen is tried again; it is not left out.
    again = did || again !== null ? null : fault;
  }
  return happened;
}

/** Resolves when no task is open, or when nothing has ended for too long. */
async function rest(home: string): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let since = Date.now();
  while (Date.now() - since < NOTHING_ENDS_MS) {
    const open = await openTasks(home).catch(() => Number.POSITIVE_INFINITY);
    if (open === 0) return;
    if (open < least) {
      least = open;
      since = Date.now();
    }
    await sleep(LOOK_EVERY_MS);
  }
}

async function strayAgents(stage: Stage): Promise<readonly number[]> {
  const { slots } = await connectMission({ home: stage.home }).ptyStatus({});
  const owned = new Set(slots.map(({ pid }) => pid));
  return stage
    .processes('agent')
    .map(({ pid }) => pid)
    .filter((pid) => !owned.has(pid));
}

/** Hands in work through every door, one after the other, until told to stop. */
async function handInAll(
  stage: Stage,
  source: WorkSource,
  random: Random,
  doors: readonly Door[],
  until: number,
): Promise<readonly HandedIn[]> {
  const all = await Promise.all(
    doors.map(async (door) => {
      const handedIn: HandedIn[] = [];
      while (Date.now() < until) {
        await sleep(random.between(200, 2_000));
        const { tasks } = await connectMission({ home: stage.home })
          .tasks({ status: 'queued', limit: MOST_QUEUED })
          .catch(() => ({ tasks: [] }));
        if (tasks.length >= MOST_QUEUED) continue;
        const work = source.next();
        const after = random.next() < DEPENDENT_SHARE ? handedIn.at(-1)?.taskId : undefined;
        const taskId = await handIn(door, work, after);
        handedIn.push({ work, taskId, door: door.name });
      }
      return handedIn;
    }),
  );
  return all.flat();
}

/** Nothing goes wrong any more: whatever grows now is a leak. */
async function calmRound(stage: Stage, source: WorkSource, doors: readonly Door[]): Promise<HandedIn[]> {
  const handedIn: HandedIn[] = [];
  for (let count = 0; count < CALM_ROUND; count += 1) {
    const door = doors[count % doors.length];
    if (door === undefined) continue;
    const work = source.next();
    const taskId = await handIn(door, work, undefined);
    handedIn.push({ work, taskId, door: door.name });
  }
  await rest(stage.home);
  return handedIn;
}

function footprints(stage: Stage) {
  const of = (kind: 'daemon' | 'host'): Footprint | null => {
    const pid = stage.processes(kind)[0]?.pid;
    return pid === undefined ? null : footprintOf(pid);
  };
  return { daemon: of('daemon'), host: of('host') };
}

/** Plays the whole run: work and faults for so long, then rest, then calm rounds, then the end. */
export async function runChaos(
  stage: Stage,
  options: { readonly forMs: number; readonly seed: number; readonly tell: (line: string) => void },
): Promise<Ran> {
  const random = createRandom(options.seed);
  // Each has chance of its own: which of them is faster must not change what the others draw.
  const source = createWorkSource(stage.run, createRandom(options.seed + 1), stage.wording, SLOTS);
  const doors = [
    clientDoor(stage.home),
    bridgeDoor(stage.home, BRIDGE, stage.env),
    bridgeDoor(stage.home, BRIDGE, stage.env),
  ];
  const over = new AbortController();
  await stage.up();
  const told = listenForFinalStates(stage.home, over.signal);
  const supervision = Promise.all([
    keepUp(stage, createRandom(options.seed + 2), over.signal),
    lookAfterIt(stage, over.signal),
  ]);
  async function play(): Promise<Ran> {
    const until = Date.now() + options.forMs;
    const [handedIn, faults] = await Promise.all([
      handInAll(stage, source, createRandom(options.seed + 3), doors, until),
      goWrong(stage, random, until, options.tell),
    ]);
    options.tell('nothing goes wrong any more');
    stage.clock?.shift(0);
    await rest(stage.home);
    const rounds: HandedIn[] = [];
    const taken = [];
    for (let round = 0; round < 3; round += 1) {
      rounds.push(...(await calmRound(stage, source, doors)));
      taken.push(footprints(stage));
    }
    const stray = await strayAgents(stage);
    over.abort();
    return {
      handedIn: [...handedIn, ...rounds],
      faults,
      forMs: options.forMs,
      told: await told,
      footprints: taken,
      strayAgents: stray,
    };
  }
  try {
    const playing = play();
    // Without supervision nothing would come back, and every rest take its longest.
    return await Promise.race([playing, supervision.then(() => playing)]);
  } finally {
    over.abort();
    await supervision;
    for (const door of doors) await door.close();
  }
}
