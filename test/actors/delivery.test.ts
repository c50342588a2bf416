import { describe, expect, it } from 'vitest';
import { createDelivery } from '../../actors/delivery.ts';
import { newRuntime } from '../../actors/slot-runtime.ts';
import type { TurnRecord } from '../../actors/transcripts.ts';
import { createTurns } from '../../actors/turns.ts';
import { openDatabase } from '../../db/open.ts';
import { createKeyboard } from '../../services/keyboard/keyboard.ts';
import { planPrompt } from '../../services/keyboard/prompt-plan.ts';
import { sameWords } from '../../services/keyboard/same-words.ts';
import { createSlotLedger } from '../../services/ledger/slot-ledger.ts';
import { createTaskLedger } from '../../services/ledger/task-ledger.ts';
import { createFakeTerminal } from '../services/keyboard/fake-terminal.ts';
import { deliveringTask, epoch, sessionId, slotId, taskId } from './delivering-task.ts';

const PROMPT = `Do the work. ${'It has several parts, and each of them matters. '.repeat(6)}That is all.`;
const VERSION = '2.1.329';
const assignment = { slotId, epoch, sessionId };

class Killed extends Error {}

interface WorldOptions {
  /** When Claude Code has written the prompt into its transcript. */
  readonly recorded: 'at once' | 'when the turn ends';
  /** False: no hook ever arrives. */
  readonly hooks?: boolean;
  /** How often the ledger has no room to note that the words stand in the box. */
  readonly full?: number;
}

/** What outlives a daemon: the database, the terminal with Claude Code in it, and the transcript. */
function createWorld({ recorded, hooks = true, full = 0 }: WorldOptions) {
  let refusals = full;
  const database = openDatabase(':memory:');
  const tasks = createTaskLedger(database.db);
  tasks.insert(deliveringTask(PROMPT));
  const received: string[] = [];
  const transcript: string[] = [];
  let hook: (prompt: string) => void = () => {};
  const { state, terminal } = createFakeTerminal({
    onSubmit(text) {
      received.push(text);
      if (recorded === 'at once') transcript.push(text);
      if (hooks) hook(text);
    },
  });
  const endTurn = (): void => {
    for (const text of received.slice(transcript.length)) transcript.push(text);
    state.level = 'idle';
  };

  /** A daemon that is killed before its `killedAt`th act upon the world; undefined: it lives. */
  function startDaemon(killedAt?: number) {
    let acts = 0;
    const act = (): void => {
      acts += 1;
      if (killedAt !== undefined && acts >= killedAt) throw new Killed();
    };
    const acting = <Arguments extends unknown[], Result>(run: (...args: Arguments) => Result) => {
      return (...args: Arguments): Result => {
        act();
        return run(...args);
      };
    };
    const ledger = {
      ...tasks,
      startDelivery: acting(tasks.startDelivery),
      updateDelivery: acting((...[id, change]: Parameters<typeof tasks.updateDelivery>) => {
        if (change.status === 'typed' && refusals > 0) {
          refusals -= 1;
          throw new Error('database or disk is full');
        }
        tasks.updateDelivery(id, change);
      }),
    };
    const turnOf = async (expected: string, offset: number): Promise<TurnRecord> => ({
      found: transcript.slice(offset).some((text) => sameWords(expected, text)),
      ended: false,
      interrupted: false,
      error: null,
      lastAssistantMessage: null,
    });
    const transcripts = {
      endOf: async () => ({ path: 'transcript', offset: transcript.length }),
      turnOf: async ({ expected, transcriptOffset }: { expected: string; transcriptOffset: number }) =>
        turnOf(expected, transcriptOffset),
    };
    const turns = createTurns({
      redact: (_, text) => text,
      tasks: ledger,
      slots: createSlotLedger(database.db),
      now: terminal.now,
      sameWords,
      transcripts,
      send: () => {},
      writeLater: (write) => write(),
      blockedBy: () => null,
      leftOpen: () => null,
      isResting: () => state.level === 'idle',
      told: () => {},
      onError: () => {},
    });
    hook = (prompt) => {
      // A hook that is sent to a daemon that is no more is lost.
      if (killedAt === undefined || acts < killedAt) turns.promptHeard(slotId, epoch, { prompt });
    };
    const runtime = newRuntime({
      id: slotId,
      role: deliveringTask(PROMPT).role,
      description: '',
      cwd: '/',
      autoStart: false,
      dangerouslySkipPermissions: false,
      trustCwd: false,
      traits: [],
      stuck: { afterMinutes: 10, toolMinutes: 30, stepMinutes: 2, recoverMinutes: 60 },
      context: { handOverBelowPercent: 10, by: 'handOver' },
      confirmWithinMinutes: null,
    });
    runtime.epoch = epoch;
    runtime.keyboard = createKeyboard({
      ...terminal,
      write: acting(terminal.write),
      read: acting(terminal.read),
      sleep: acting(terminal.sleep),
    });
    const deliver = createDelivery({
      tasks: ledger,
      attempts: { last: () => undefined },
      turns,
      transcripts,
      now: terminal.now,
      runtime: () => runtime,
      expectedWords(prompt) {
        const plan = planPrompt(prompt, { version: VERSION });
        if (!plan.ok) throw new Error(plan.failure.message);
        return plan.expected;
      },
      untilResting: async () => endTurn(),
      untilHooked: async () => {},
      typing: () => {},
      writeLater: (write) => write(),
      written: async () => {},
    });
    return {
      deliver: () => deliver(taskId, assignment, new AbortController().signal),
      acts: () => acts,
    };
  }
  return { state, received, transcript, tasks, startDaemon, endTurn, close: () => database.close() };
}

/** How many acts a delivery has that is not disturbed. */
async function actsOfADelivery(options: WorldOptions): Promise<number> {
  const world = createWorld(options);
  const daemon = world.startDaemon();
  await daemon.deliver();
  world.close();
  return daemon.acts();
}

describe('a daemon that is killed while it delivers', () => {
  it.each(['at once', 'when the turn ends'] as const)(
    'at whatever step: the next one sees to it that the words arrive once (the transcript shows them %s)',
    async (recorded) => {
      const steps = await actsOfADelivery({ recorded });
      expect(steps).toBeGreaterThan(10);
      for (let step = 1; step <= steps + 1; step++) {
        const world = createWorld({ recorded });
        await world
          .startDaemon(step)
          .deliver()
          .catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
        await world.startDaemon().deliver();
        expect({ step, received: world.received }).toEqual({ step, received: [PROMPT] });
        expect({ step, box: world.state.box }).toEqual({ step, box: '' });
        expect(world.tasks.deliveryOf(taskId, epoch)?.status).toBe('submitted');
        world.close();
      }
    },
  );

  it('twice in a row: still once', async () => {
    const recorded = 'when the turn ends';
    const steps = await actsOfADelivery({ recorded });
    for (let first = 1; first <= steps; first += 2) {
      for (let second = 1; second <= steps; second += 3) {
        const world = createWorld({ recorded });
        await world
          .startDaemon(first)
          .deliver()
          .catch(() => {});
        await world
          .startDaemon(second)
          .deliver()
          .catch(() => {});
        await world.startDaemon().deliver();
        expect({ first, second, received: world.received }).toEqual({ first, second, received: [PROMPT] });
        world.close();
      }
    }
  });

  it('after an equal prompt of an earlier task, which is not taken for this one', async () => {
    const world = createWorld({ recorded: 'at once' });
    world.transcript.push(PROMPT);
    const killedBeforeEnter = world.startDaemon(8);
    await killedBeforeEnter.deliver().catch(() => {});
    expect(world.received).toEqual([]);
    await world.startDaemon().deliver();
    expect(world.received).toEqual([PROMPT]);
    world.close();
  });
});

describe('without hooks', () => {
  it('the transcript proves that the words arrived', async () => {
    const world = createWorld({ recorded: 'at once', hooks: false });
    await world.startDaemon().deliver();
    expect(world.received).toEqual([PROMPT]);
    expect(world.tasks.deliveryOf(taskId, epoch)?.status).toBe('submitted');
    world.close();
  });

  it('nor a transcript: it says so, and types nothing again', async () => {
    const world = createWorld({ recorded: 'when the turn ends', hooks: false });
    await expect(world.startDaemon().deliver()).rejects.toMatchObject({ code: 'delivery_failed' });
    expect(world.received).toEqual([PROMPT]);
    world.close();
  });
});

describe("a person's words in the box", () => {
  it.each(['Do not touch this', 'Do the work, but not like that'])(
    'are neither sent nor erased, also when they begin like ours: %s',
    async (draft) => {
      const world = createWorld({ recorded: 'at once' });
      world.state.box = draft;
      await expect(world.startDaemon().deliver()).rejects.toMatchObject({ code: 'composer_occupied' });
      expect(world.state.box).toBe(draft);
      expect(world.received).toEqual([]);
      world.close();
    },
  );
});

describe('a ledger that fails between the last key and Enter', () => {
  it('for a moment: the words are taken back and typed again, and sent once', async () => {
    const world = createWorld({ recorded: 'at once', full: 1 });
    await world.startDaemon().deliver();
    expect(world.received).toEqual([PROMPT]);
    expect(world.state.box).toBe('');
    expect(world.tasks.deliveryOf(taskId, epoch)?.status).toBe('submitted');
    world.close();
  });

  it('for good: it says so, nothing is sent, and the box is left empty for the next prompt', async () => {
    const world = createWorld({ recorded: 'at once', full: Number.POSITIVE_INFINITY });
    await expect(world.startDaemon().deliver()).rejects.toMatchObject({ code: 'database_failed' });
    expect(world.received).toEqual([]);
    expect(world.state.box).toBe('');
    world.close();
  });
});
