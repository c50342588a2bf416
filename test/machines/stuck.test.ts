import { describe, expect, it } from 'vitest';
import { createActor, type Snapshot } from 'xstate';
import { SlotId, TaskId } from '../../db/ids.ts';
import { type StuckLook, type StuckStepTaken, stuckMachine } from '../../machines/stuck.ts';

const MINUTE_MS = 60_000;
const limits = { silentMs: 10 * MINUTE_MS, toolMs: 30 * MINUTE_MS, stepMs: 2 * MINUTE_MS };
const slotId = SlotId.parse('coder-1');
const task = TaskId.parse('00000000-0000-4000-8000-000000000001');
const otherTask = TaskId.parse('00000000-0000-4000-8000-000000000002');

type Seen = Partial<Pick<StuckLook, 'doing' | 'sign' | 'taskId'>>;

/** The ladder of one slot, with a look at it every half minute. */
function watchSlot(options: { readonly at?: number; readonly snapshot?: Snapshot<unknown> } = {}) {
  let at = options.at ?? 0;
  const taken: StuckStepTaken[] = [];
  const machine = stuckMachine.provide({
    actions: {
      takeStep: (_, params) => {
        if (params.taken !== undefined) taken.push(params.taken);
      },
    },
  });
  const actor = createActor(machine, {
    input: { slotId },
    ...(options.snapshot === undefined ? {} : { snapshot: options.snapshot }),
  });
  actor.start();
  const look = (seen: Seen = {}): void =>
    actor.send({ type: 'slot.looked', at, taskId: task, doing: 'working', sign: null, limits, ...seen });
  return {
    actor,
    look,
    /** Looks again and again for so many minutes. */
    pass(minutes: number, seen: Seen = {}): void {
      for (const until = at + minutes * MINUTE_MS; at < until; ) {
        at += MINUTE_MS / 2;
        look(seen);
      }
    },
    fails(call: string, times: number): void {
      for (let time = 0; time < times; time += 1) {
        actor.send({ type: 'tool.ended', call, failed: true });
        look({ sign: 'answer' });
      }
    },
    steps: () => taken.map(({ step, reason }) => `${step}: ${reason}`),
    state: () => actor.getSnapshot().value,
    now: () => at,
  };
}

describe('a session that shows no life', () => {
  it('is nudged, then asked, then restarted, then given up, each after its wait', () => {
    const slot = watchSlot();
    slot.look();
    slot.pass(9.5);
    expect(slot.steps()).toEqual([]);
    slot.pass(0.5);
    expect(slot.steps()).toEqual(['nudge: silent']);
    slot.pass(1.5);
    expect(slot.steps()).toHaveLength(1);
    slot.pass(6);
    expect(slot.steps()).toEqual(['nudge: silent', 'ask: silent', 'restart: silent', 'fail: silent']);
    slot.pass(60);
    expect(slot.steps()).toHaveLength(4);
  });

  it('is said to go round in circles when it draws and nothing new comes of it', () => {
    const slot = watchSlot();
    slot.pass(11, { sign: 'bytes' });
    expect(slot.steps()).toEqual(['nudge: loop']);
  });

  it('is let be when a tool runs, for longer', () => {
    const slot = watchSlot();
    slot.pass(29, { doing: 'tool' });
    expect(slot.steps()).toEqual([]);
    slot.pass(2, { doing: 'tool' });
    expect(slot.steps()).toEqual(['nudge: silent']);
  });

  it('is let be while something new comes from time to time', () => {
    const slot = watchSlot();
    for (let time = 0; time < 10; time += 1) {
      slot.pass(9);
      slot.pass(0.5, { sign: 'screen' });
    }
    expect(slot.steps()).toEqual([]);
  });

  it('is let be while it is known what it waits for, however long', () => {
    const slot = watchSlot();
    slot.pass(9);
    slot.pass(600, { doing: 'excused' });
    slot.pass(9);
    expect(slot.steps()).toEqual([]);
  });

  it('is nobody to be nudged without a task', () => {
    const slot = watchSlot();
    slot.pass(600, { taskId: null });
    expect(slot.steps()).toEqual([]);
  });
});

describe('a step that helped', () => {
  it('lets everything begin anew', () => {
    const slot = watchSlot();
    slot.pass(12);
    slot.pass(0.5, { sign: 'answer' });
    expect(slot.state()).toBe('calm');
    slot.pass(9.5);
    expect(slot.steps()).toEqual(['nudge: silent']);
    slot.pass(1);
    expect(slot.steps()).toEqual(['nudge: silent', 'nudge: silent']);
  });

  it('is not what our own words draw', () => {
    const slot = watchSlot();
    slot.pass(10.5);
    slot.look({ sign: 'screen' });
    slot.pass(2);
    expect(slot.steps()).toEqual(['nudge: silent', 'ask: silent']);
  });

  it('is, when something new is drawn later', () => {
    const slot = watchSlot();
    slot.pass(11.5);
    slot.pass(0.5, { sign: 'screen' });
    expect(slot.state()).toBe('calm');
  });
});

describe('the same call of a tool that fails again and again', () => {
  it('is nudged at the fifth time, and asked at the tenth, however busy it is', () => {
    const slot = watchSlot();
    slot.look();
    slot.fails('Bash make', 4);
    expect(slot.steps()).toEqual([]);
    slot.fails('Bash make', 1);
    slot.look();
    expect(slot.steps()).toEqual(['nudge: failing tool']);
    slot.fails('Bash make', 5);
    slot.look();
    expect(slot.steps()).toEqual(['nudge: failing tool', 'ask: failing tool']);
  });

  it('is nothing when other calls lie between', () => {
    const slot = watchSlot();
    slot.look();
    for (let time = 0; time < 5; time += 1) {
      slot.fails('Bash make', 2);
      slot.actor.send({ type: 'tool.ended', call: 'Bash make', failed: false });
    }
    slot.look();
    expect(slot.steps()).toEqual([]);
  });
});

it('a task is restarted once: stuck again, it is nudged, asked, and given up', () => {
  const slot = watchSlot();
  slot.pass(14.5);
  expect(slot.steps().at(-1)).toBe('restart: silent');
  slot.pass(0.5, { sign: 'answer' });
  expect(slot.state()).toBe('calm');
  slot.pass(15);
  expect(slot.steps().slice(3)).toEqual(['nudge: silent', 'ask: silent', 'fail: silent']);
});

it('another task begins without blame', () => {
  const slot = watchSlot();
  slot.pass(14.5);
  slot.pass(0.5, { taskId: otherTask });
  expect(slot.state()).toBe('calm');
});

describe('a daemon that comes back', () => {
  it.each([
    ['calm', 5, 6],
    ['nudged', 11, 2],
    ['asked', 13, 2],
    ['restarted', 15, 2],
    ['givenUp', 17, 60],
  ])('goes on from %s by the clock on the wall, and takes no step twice', (state, before, after) => {
    const first = watchSlot();
    first.pass(before);
    expect(first.state()).toBe(state);
    const steps = first.steps();
    const second = watchSlot({ at: first.now(), snapshot: first.actor.getPersistedSnapshot() });
    first.pass(after);
    second.pass(after);
    expect([...steps, ...second.steps()]).toEqual(first.steps());
  });
});
