import { expect, it } from 'vitest';
import { never, setUp } from './keyboard-at-fake.ts';

it.each(['thinking', 'responding', 'toolRunning'] as const)(
  'words are sent behind a turn that goes on (%s)',
  async (level) => {
    const { keyboard, heard, state } = setUp();
    state.level = level;
    expect(await keyboard.queue('are you there?', never)).toEqual({ ok: true });
    expect(heard).toEqual(['are you there?']);
    expect(state.box).toBe('');
  },
);

it.each(['idle', 'confirming', 'compacting', 'unknown', 'limited'] as const)(
  'nothing is sent where no turn goes on, or it asks (%s)',
  async (level) => {
    const { keyboard, state } = setUp();
    state.level = level;
    const queued = await keyboard.queue('are you there?', never);
    expect(queued).toMatchObject({ ok: false, failure: { code: 'slot_not_idle' } });
    expect(state.written).toEqual([]);
  },
);

it('nothing is typed over what a person has begun to write', async () => {
  const { keyboard, state } = setUp();
  state.level = 'thinking';
  state.box = 'wait, do not';
  const queued = await keyboard.queue('are you there?', never);
  expect(queued).toMatchObject({ ok: false, failure: { code: 'composer_occupied' } });
  expect(state.written).toEqual([]);
});

it('words that were not drawn are not sent', async () => {
  const { keyboard, heard, state } = setUp();
  state.level = 'thinking';
  state.types = false;
  expect(await keyboard.queue('are you there?', never)).toMatchObject({
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
    expect(await keyboard.command('/compact', never)).toEqual({ ok: true });
    expect(heard.map((text) => text.trim())).toEqual(['/compact']);
  },
);

it.each(['thinking', 'limited', 'confirming'] as const)('and in no other (%s)', async (level) => {
  const { keyboard, state } = setUp();
  state.level = level;
  expect(await keyboard.command('/compact', never)).toMatchObject({ failure: { code: 'slot_not_idle' } });
  expect(state.written).toEqual([]);
});
