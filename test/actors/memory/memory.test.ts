import { beforeEach, describe, expect, test } from 'vitest';
import { type MemoryStage, stagesOfEachTest } from './memory-stage.ts';
import { shownIn } from './shown-lines.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * 60_000;
const SETTINGS = { deep: false, consolidation: false } as const;

const beginStage = stagesOfEachTest();
let stage: MemoryStage;
beforeEach(() => {
  stage = beginStage(SETTINGS);
});

describe('by hand', () => {
  test('what waits is shown with whole lines, and what is said to be done is not read again', async () => {
    await stage.look();
    const long = Array.from({ length: 400 }, (_, index) => `line ${index} of the plan`).join('\n');
    const first = stage.say('Use tabs\nnot spaces');
    const second = stage.say(long, { role: 'assistant' });
    const third = stage.say('and test it');
    await stage.look();
    const { memory } = stage.running();
    const { text, messageIds, total } = memory.pending(50);
    expect([messageIds, total]).toEqual([[first, second, third], 3]);
    expect(text).toContain('★ user: Use tabs\n    not spaces');
    for (const line of text.split('\n').filter((words) => words.startsWith('    line ')))
      expect(line).toMatch(/^ {4}line \d+ of the plan( … \(\d+ more characters\))?$/);
    expect(memory.done([first, second, 9_999])).toEqual({ marked: 2, left: [9_999] });
    expect(memory.pending(50).messageIds).toEqual([third]);
    stage.later(MINUTE_MS);
    await stage.look();
    expect(shownIn(stage.open()[0]?.prompt ?? '').map(({ id }) => id)).toEqual([third]);
    expect(memory.done([third])).toEqual({ marked: 0, left: [third] });
    expect(memory.pending(50).text).toBe('Nothing is pending.');
  });

  test('a pause lets what goes on end, begins nothing, and is over by itself', async () => {
    stage.say('one');
    stage.later(MINUTE_MS);
    await stage.look();
    const { memory } = stage.running();
    expect(memory.pause(undefined, { by: 'me' })).toEqual({ paused: true, until: stage.now() + 2 * HOUR_MS });
    stage.say('two', { session: 'session-2' });
    stage.later(HOUR_MS);
    await stage.answer();
    await stage.look();
    expect([stage.known().length, stage.open().length, stage.status().paused]).toEqual([1, 0, true]);
    stage.kill();
    expect(stage.status().paused).toBe(true);
    stage.later(HOUR_MS);
    await stage.look();
    expect([stage.open().length, stage.status().paused]).toEqual([1, false]);
    const told = stage.events.flatMap((event) =>
      event.type === 'memory_paused' ? [[event.paused, event.by]] : [],
    );
    expect(told).toEqual([
      [true, 'me'],
      [false, 'missiond'],
    ]);
    // A clock that is set back makes no pause longer than any can be.
    stage.running().memory.pause(true, { by: 'me' });
    stage.later(-30 * 24 * HOUR_MS);
    await stage.look();
    expect(stage.status().paused).toBe(false);
  });
});

describe('whole sessions', () => {
  beforeEach(() => {
    stage = beginStage({ realtime: false, consolidation: false });
  });

  test('are read when they have ended, when they go on, and when they grow long; short ones are not', async () => {
    await stage.look();
    stage.say('short', { session: 'short' });
    for (let count = 0; count < 130; count += 1) stage.say(`word-${count}`);
    await stage.look();
    expect(shownIn(stage.open()[0]?.prompt ?? '')).toHaveLength(100);
    await stage.answer('{"entries":[]}');
    await stage.look();
    expect(stage.open()).toEqual([]);
    stage.later(10 * MINUTE_MS);
    await stage.look();
    expect(shownIn(stage.open()[0]?.prompt ?? '').map(({ said }) => said)[0]).toBe('word-100');
    await stage.answer('{"entries":[]}');
    for (let count = 0; count < 6; count += 1) stage.say(`again-${count}`);
    await stage.look();
    expect(stage.open()).toEqual([]);
    stage.later(10 * MINUTE_MS);
    await stage.look();
    expect(shownIn(stage.open()[0]?.prompt ?? '')).toHaveLength(6);
    await stage.answer('{"entries":[]}');
    await stage.look();
    expect(stage.status()).toMatchObject({ pendingDeep: 0, jobs: { done: 3 } });
  });
});

describe('consolidation', () => {
  const plan = JSON.stringify({
    operations: [
      {
        action: 'merge',
        target_keys: ['a', 'b'],
        new_entry: { category: 'memory', key: 'a', summary: 'Both in one' },
        reason: 'they say the same',
      },
    ],
  });

  async function begin(execute: boolean): Promise<void> {
    stage = beginStage({ realtime: false, deep: false, consolidation: { execute } });
    for (const key of ['a', 'b'])
      stage
        .running()
        .knowledge.remember(
          { category: 'memory', key, summary: key === 'a' ? 'Ships at noon' : 'Boats leave by twelve' },
          { by: 'me' },
        );
    await stage.look();
  }

  test('is a day after the memory began, never at a start, once however far the clock has jumped; its plan waits', async () => {
    await begin(false);
    stage.later(23 * HOUR_MS);
    stage.kill();
    await stage.look();
    expect(stage.open()).toEqual([]);
    stage.later(366 * 24 * HOUR_MS);
    await stage.look();
    expect(stage.open()[0]?.prompt).toContain('"key":"a"');
    await stage.answer(plan);
    await stage.look();
    stage.kill();
    await stage.look();
    expect(stage.open()).toEqual([]);
    const [job] = stage.status().recent;
    expect(job).toMatchObject({ kind: 'consolidation', status: 'done', size: 2, outcome: { proposed: 1 } });
    const { knowledge } = stage.running();
    expect(knowledge.plans.status({ planId: job?.id }, 10).operations).toMatchObject([
      { operation: 'merge', status: 'pending', rationale: 'they say the same' },
    ]);
    expect(stage.known()).toHaveLength(2);
    knowledge.plans.execute(job?.id ?? '', 5, 'me');
    expect(stage.known()).toMatchObject([{ key: 'a', summary: 'Both in one' }]);
  });

  test('executes its plan where the configuration says so; what cannot be done of it is named', async () => {
    await begin(true);
    stage.later(24 * HOUR_MS);
    await stage.look();
    await stage.answer('All is well.');
    await stage.look();
    expect(stage.open()[0]?.prompt).toContain('no list of operations');
    const { operations } = JSON.parse(plan);
    await stage.answer(
      JSON.stringify({ operations: [{ action: 'delete', target_keys: ['c'] }, ...operations] }),
    );
    expect(stage.known()).toMatchObject([{ key: 'a', summary: 'Both in one' }]);
    const [job] = stage.status().recent;
    expect(job?.outcome).toMatchObject({ proposed: 1, refused: [{ place: 'operation 1' }] });
  });

  test('leaves alone what has changed since it was shown', async () => {
    await begin(true);
    stage.later(24 * HOUR_MS);
    await stage.look();
    stage.later(1);
    const { knowledge } = stage.running();
    knowledge.remember({ category: 'memory', key: 'b', summary: 'Boats leave by eleven' }, { by: 'me' });
    await stage.answer(plan);
    expect(stage.known()).toHaveLength(2);
    expect(stage.status().recent[0]?.outcome).toMatchObject({
      proposed: 0,
      refused: [{ place: 'operation 1' }],
    });
  });

  test('a clock that was set back makes it count anew', async () => {
    await begin(false);
    stage.later(-10 * 24 * HOUR_MS);
    await stage.look();
    stage.later(23 * HOUR_MS);
    await stage.look();
    expect(stage.open()).toEqual([]);
    stage.later(HOUR_MS);
    await stage.look();
    expect(stage.open()).toHaveLength(1);
  });
});

test('a daemon that finishes begins no more jobs', async () => {
  stage.say('hello');
  stage.later(MINUTE_MS);
  stage.finishing();
  await stage.look();
  expect(stage.open()).toEqual([]);
});
