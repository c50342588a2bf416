import { describe, expect, it } from 'vitest';
import type { Keyboard } from '../../../services/keyboard/keyboard.ts';
import { never, setUp } from './keyboard-at-fake.ts';

/** The session ended before it came to rest. */
const hasEnded = async (): Promise<boolean> => false;

it.each(['thinking', 'responding', 'toolRunning'] as const)(
  'words are sent behind a turn that goes on (%s)',
  async (level) => {
    const { keyboard, heard, state } = setUp();
    state.level = level;
    expect(await keyboard.queue('are you there?', never, hasEnded)).toEqual({ ok: true });
    expect(heard).toEqual(['are you there?']);
    expect(state.box).toBe('');
  },
);

it.each(['idle', 'confirming', 'compacting', 'unknown', 'limited'] as const)(
  'nothing is sent where no turn goes on, or it asks (%s)',
  async (level) => {
    const { keyboard, state } = setUp();
    state.level = level;
    const queued = await keyboard.queue('are you there?', never, hasEnded);
    expect(queued).toMatchObject({ ok: false, failure: { code: 'slot_not_idle' } });
    expect(state.written).toEqual([]);
  },
);

it('nothing is typed over what a person has begun to write', async () => {
  const { keyboard, state } = setUp();
  state.level = 'thinking';
  state.box = 'wait, do not';
  const queued = await keyboard.queue('are you there?', never, hasEnded);
  expect(queued).toMatchObject({ ok: false, failure: { code: 'composer_occupied' } });
  expect(state.written).toEqual([]);
});

it('words that were not drawn are not sent', async () => {
  const { keyboard, heard, state } = setUp();
  state.level = 'thinking';
  state.types = false;
  expect(await keyboard.queue('are you there?', never, hasEnded)).toMatchObject({
    ok: false,
    failure: { code: 'delivery_failed' },
  });
  expect(heard).toEqual([]);
});

it.each(['idle', 'error', 'interrupted'] as const)(
  'a command runs in a session that rests (%s)',
  async (level) => {
    const { keyboard, heard, state } = setUp();
    state.level = level;
    expect(await keyboard.command('/compact', never, hasEnded)).toEqual({ ok: true });
    expect(heard.map((text) => text.trim())).toEqual(['/compact']);
  },
);

it.each(['thinking', 'limited', 'confirming'] as const)('and in no other (%s)', async (level) => {
  const { keyboard, state } = setUp();
  state.level = level;
  expect(await keyboard.command('/compact', never, hasEnded)).toMatchObject({
    failure: { code: 'slot_not_idle' },
  });
  expect(state.written).toEqual([]);
});

describe('words that were not taken', () => {
  it('stand in the box until the next delivery, which takes them back', async () => {
    const { keyboard, heard, submitted, state } = setUp({ deafEnters: 1 });
    state.level = 'thinking';
    expect(await keyboard.queue('are you there?', never, hasEnded)).toMatchObject({ ok: false });
    expect(state.box.trim()).toBe('are you there?');
    state.level = 'idle';
    expect(await keyboard.deliver('do it', { signal: never, submitted })).toEqual({ ok: true });
    expect(heard).toEqual(['do it']);
  });

  it('are taken back when the session has come to rest', async () => {
    const { keyboard, heard, state } = setUp({ deafEnters: 1 });
    state.level = 'thinking';
    const rests = async (): Promise<boolean> => {
      state.level = 'idle';
      return true;
    };
    expect(await keyboard.queue('are you there?', never, rests)).toMatchObject({ ok: false });
    expect(state.box).toBe('');
    expect(heard).toEqual([]);
  });

  it('a command is, too, before anything else is typed', async () => {
    const { keyboard, heard, state } = setUp({ deafEnters: 1 });
    expect(await keyboard.command('/compact', never, async () => true)).toMatchObject({ ok: false });
    expect(state.box).toBe('');
    expect(heard).toEqual([]);
  });

  it('also those that are drawn only later, and those of a command', async () => {
    const { keyboard, heard, submitted, state } = setUp();
    state.stalledUntil = 10_000;
    expect(await keyboard.command('/compact', never, hasEnded)).toMatchObject({
      failure: { code: 'delivery_failed' },
    });
    state.clock = 10_000;
    expect(await keyboard.deliver('do it', { signal: never, submitted })).toEqual({ ok: true });
    expect(heard).toEqual(['do it']);
  });

  it('a person who goes on writing behind them keeps what stands there', async () => {
    const { keyboard, submitted, state } = setUp({ deafEnters: 1 });
    state.level = 'thinking';
    await keyboard.queue('are you there?', never, hasEnded);
    await keyboard.passThrough('yes');
    state.level = 'idle';
    expect(await keyboard.deliver('do it', { signal: never, submitted })).toMatchObject({
      failure: { code: 'composer_occupied' },
    });
    expect(state.box).toBe('are you there? yes');
  });
});

it.each([
  ['words', 'thinking', (keyboard: Keyboard) => keyboard.queue('are you there?', never, hasEnded)],
  ['a command', 'idle', (keyboard: Keyboard) => keyboard.command('/compact', never, hasEnded)],
] as const)("%s are not typed behind a person's key that is not drawn yet", async (_, level, send) => {
  const { keyboard, state } = setUp();
  state.level = level;
  state.onLook = () => {
    state.kind = state.clock < 300 ? 'empty' : null;
  };
  await keyboard.passThrough('x');
  expect(await send(keyboard)).toMatchObject({ failure: { code: 'composer_occupied' } });
  expect(state.box).toBe('x');
});
