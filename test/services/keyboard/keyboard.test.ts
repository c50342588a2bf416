import { describe, expect, it } from 'vitest';
import { never, setUp } from './keyboard-at-fake.ts';

describe('deliver', () => {
  it('types, sees the text, says so, presses Enter once', async () => {
    const { keyboard, heard, submitted, enters, state } = setUp();
    let typedAfter: readonly string[] = [];
    const typed = () => {
      typedAfter = [...state.written];
    };
    expect(await keyboard.deliver('do it', { signal: never, submitted, typed })).toEqual({ ok: true });
    expect(heard).toEqual(['do it']);
    expect(enters()).toBe(1);
    expect(typedAfter).toEqual(['do it ']);
  });

  it.each(['thinking', 'confirming', 'toolRunning', 'starting', 'unknown', 'trust', 'dialog'] as const)(
    'types nothing while the screen says %s',
    async (level) => {
      const { keyboard, submitted, state } = setUp();
      state.level = level;
      const result = await keyboard.deliver('do it', { signal: never, submitted });
      expect(result).toMatchObject({ ok: false, failure: { code: 'slot_not_idle' } });
      expect(state.written).toEqual([]);
    },
  );

  it.each(['idle', 'interrupted', 'error', 'parked', 'limited'] as const)(
    'types when the screen says %s',
    async (level) => {
      const { keyboard, submitted, state } = setUp();
      state.level = level;
      expect(await keyboard.deliver('do it', { signal: never, submitted })).toEqual({ ok: true });
    },
  );

  it('never types over a draft', async () => {
    const { keyboard, submitted, state } = setUp();
    state.box = 'a draft of mine';
    const result = await keyboard.deliver('do it', { signal: never, submitted });
    expect(result).toMatchObject({
      ok: false,
      failure: { code: 'composer_occupied', message: expect.stringContaining('a draft of mine') },
    });
    expect(state.written).toEqual([]);
  });

  it('types over suggested text', async () => {
    const { keyboard, submitted, state } = setUp();
    state.kind = 'ghost';
    state.onLook = (look) => {
      if (look > 1) state.kind = null;
    };
    expect(await keyboard.deliver('do it', { signal: never, submitted })).toEqual({ ok: true });
  });

  it('presses Enter again while the text still stands there', async () => {
    const { keyboard, submitted, enters, heard } = setUp({ deafEnters: 2 });
    expect(await keyboard.deliver('do it', { signal: never, submitted })).toEqual({ ok: true });
    expect(enters()).toBe(3);
    expect(heard).toEqual(['do it']);
  });

  it('does not press Enter before a pasted text is settled', async () => {
    const { keyboard, submitted, heard } = setUp({ version: '2.1.30' });
    const prompt = 'many words '.repeat(20).trim();
    expect(await keyboard.deliver(prompt, { signal: never, submitted })).toEqual({ ok: true });
    expect(heard).toEqual([prompt]);
  });

  it('takes its text back when no Enter is taken', async () => {
    const { keyboard, submitted, enters, state } = setUp({ deafEnters: 99 });
    const result = await keyboard.deliver('do it', { signal: never, submitted });
    expect(result).toMatchObject({ ok: false, failure: { code: 'delivery_failed' } });
    expect(enters()).toBe(3);
    expect(state.box).toBe('');
  });

  it('does not press Enter again when the text is gone but nobody confirms', async () => {
    const { keyboard, submitted, enters, heard } = setUp({ confirms: false });
    const result = await keyboard.deliver('do it', { signal: never, submitted });
    expect(result).toMatchObject({
      ok: false,
      failure: { code: 'delivery_failed', message: expect.stringContaining('never confirmed') },
    });
    expect(enters()).toBe(1);
    expect(heard).toEqual(['do it']);
  });

  it('does not press Enter on a text that never appeared', async () => {
    const { keyboard, submitted, enters, state } = setUp();
    state.types = false;
    const result = await keyboard.deliver('do it', { signal: never, submitted });
    expect(result).toMatchObject({
      ok: false,
      failure: { code: 'delivery_failed', remedy: expect.stringContaining('Nothing was sent') },
    });
    expect(enters()).toBe(0);
  });

  it('leaves the box alone when a person typed into it meanwhile', async () => {
    const { keyboard, submitted, enters, state } = setUp();
    state.onLook = (look) => {
      if (look === 2) state.box = 'do it and something of mine';
    };
    const result = await keyboard.deliver('do it', { signal: never, submitted });
    expect(result).toMatchObject({ ok: false, failure: { code: 'delivery_failed' } });
    expect(enters()).toBe(0);
    expect(state.box).toBe('do it and something of mine');
  });

  it('takes its text back when the caller gives up', async () => {
    const { keyboard, submitted, enters, state } = setUp();
    const giveUp = new AbortController();
    const prompt = 'a long prompt '.repeat(100);
    state.onLook = (look) => {
      if (look === 2) giveUp.abort();
    };
    const result = await keyboard.deliver(prompt, { signal: giveUp.signal, submitted });
    expect(result).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
    expect(enters()).toBe(0);
    expect(state.box).toBe('');
  });

  it('never presses Ctrl-C so soon after another that Claude Code would end', async () => {
    const { keyboard, submitted, state } = setUp();
    await keyboard.passThrough('\u0003');
    for (const prompt of ['do it', 'do that']) {
      const giveUp = new AbortController();
      state.onLook = () => {
        if (state.box !== '') giveUp.abort();
      };
      const result = await keyboard.deliver(prompt, { signal: giveUp.signal, submitted });
      expect(result).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
      expect(state.box).toBe('');
    }
    await keyboard.passThrough('\u0003');
    await keyboard.passThrough('\u0003');
    const gaps = state.interrupts.slice(1).map((at, index) => at - (state.interrupts[index] ?? 0));
    // The person's last two are meant: they wait for nothing.
    expect(gaps.map((gap) => gap > 1_000)).toEqual([true, true, true, false]);
  });

  it('presses Ctrl-C only once when the box does not get empty, and says what is left', async () => {
    const { keyboard, submitted, state } = setUp();
    const giveUp = new AbortController();
    state.onLook = () => {
      if (state.interrupts.length > 0) state.box = 'do it ';
      else if (state.box !== '') giveUp.abort();
    };
    expect(await keyboard.deliver('do it', { signal: giveUp.signal, submitted })).toMatchObject({
      failure: { code: 'cancelled', remedy: expect.stringContaining('stands in the prompt box') },
    });
    expect(state.interrupts.length).toBe(1);
  });

  it('only presses Enter on a text that an earlier daemon had typed', async () => {
    const { keyboard, submitted, state, heard } = setUp();
    state.box = 'do it ';
    expect(await keyboard.deliver('do it', { signal: never, submitted, ours: true })).toEqual({ ok: true });
    expect(state.written).toEqual(['\r']);
    expect(heard).toEqual(['do it']);
  });

  it('recognises a text that is taller than the screen by its end', async () => {
    const { keyboard, submitted, state, heard } = setUp();
    const prompt = Array.from({ length: 60 }, (_, index) => `row ${index}`).join('\n');
    state.onLook = () => {
      state.kind = state.box === '' ? null : 'absent';
    };
    expect(await keyboard.deliver(prompt, { signal: never, submitted })).toEqual({ ok: true });
    expect(heard).toEqual([prompt]);
  });

  it('says that words waited behind the turn that it interrupts, also such as came at the last moment', async () => {
    const { keyboard, state } = setUp();
    state.level = 'thinking';
    state.onLook = (look) => {
      if (look === 2) state.queued = ['and the tests'];
    };
    const interrupted = await keyboard.interrupt(never);
    expect(interrupted).toEqual({ ok: true });
    state.level = 'thinking';
    state.queued = [];
    state.onLook = () => {
      state.queued = ['and the tests'];
    };
    expect(await keyboard.interrupt(never)).toEqual({ ok: true, wordsWaited: true });
  });

  it('takes its own prompt back that an interrupt put into the box, and only that', async () => {
    const { keyboard, submitted, state } = setUp();
    await keyboard.deliver('do it', { signal: never, submitted });
    state.level = 'interrupted';
    state.box = 'do it';
    expect(await keyboard.deliver('and now this', { signal: never, submitted })).toEqual({ ok: true });

    state.level = 'interrupted';
    await keyboard.passThrough('and now this');
    const after = await keyboard.deliver('more', { signal: never, submitted });
    expect(after).toMatchObject({ failure: { code: 'composer_occupied' } });
  });

  it('takes back what it typed behind its own prompt that came back late, so that it can be tried again', async () => {
    const { keyboard, submitted, state } = setUp();
    await keyboard.deliver('do it', { signal: never, submitted });
    state.level = 'interrupted';
    state.onLook = () => {
      if (state.box === 'and now this ') state.box = 'do itand now this ';
    };
    expect(await keyboard.deliver('and now this', { signal: never, submitted })).toMatchObject({
      failure: { code: 'composer_occupied', remedy: 'Nothing was sent; deliver it again.' },
    });
    expect(state.box).toBe('');
  });

  it('refuses what cannot be typed without a look at the screen', async () => {
    const { keyboard, submitted, state } = setUp();
    expect(await keyboard.deliver(' \n', { signal: never, submitted })).toMatchObject({
      failure: { code: 'prompt_empty' },
    });
    expect(state.looks).toBe(0);
  });
});

it.each(['D', 'Do', '[Pasted text #1 +20 lines]'])(
  "does not take a person's %j for what an earlier daemon had begun to type",
  async (draft) => {
    const { keyboard, submitted, state } = setUp();
    await keyboard.passThrough(draft);
    const result = await keyboard.deliver('Do the work', { signal: never, submitted, ours: true });
    expect(result).toMatchObject({ failure: { code: 'composer_occupied' } });
    expect(state.box).toBe(draft);
  },
);

describe('a program that stands still', () => {
  it.each([3_000, 9_000, 40_000])('for %i ms from Enter on is not interrupted', async (ms) => {
    const { keyboard, submitted, state, heard } = setUp();
    const typed = () => {
      state.stalledUntil = state.clock + ms;
    };
    expect(await keyboard.deliver('do it', { signal: never, submitted, typed })).toEqual({ ok: true });
    expect(heard).toEqual(['do it']);
    expect(state).toMatchObject({ level: 'thinking', interrupts: [] });
  });

  it.each([8_000, 40_000])('for %i ms while it is typed to takes the text when it goes on', async (ms) => {
    const { keyboard, submitted, state, heard } = setUp();
    state.stalledUntil = ms;
    expect(await keyboard.deliver('do it', { signal: never, submitted })).toEqual({ ok: true });
    expect(heard).toEqual(['do it']);
  });

  it('for good: what was typed is not said to be taken back', async () => {
    const { keyboard, submitted, state } = setUp();
    state.stalledUntil = Number.POSITIVE_INFINITY;
    expect(await keyboard.deliver('do it', { signal: never, submitted })).toMatchObject({
      failure: { code: 'delivery_failed', remedy: expect.stringContaining('restart the slot') },
    });
    expect(state.interrupts).toEqual([]);
  });
});

describe('one writer', () => {
  it('lets a person’s keys wait for the end of a delivery', async () => {
    const { keyboard, submitted, state } = setUp();
    const delivery = keyboard.deliver('word '.repeat(60), { signal: never, submitted });
    const keys = keyboard.passThrough('x');
    await Promise.all([delivery, keys]);
    expect(state.written.slice(-2)).toEqual(['\r', 'x']);
  });

  it("does not type behind a person's key that is not drawn yet", async () => {
    const { keyboard, submitted, state } = setUp();
    state.onLook = () => {
      state.kind = state.clock < 300 ? 'empty' : null;
    };
    await keyboard.passThrough('x');
    expect(await keyboard.deliver('do it', { signal: never, submitted })).toMatchObject({
      failure: { code: 'composer_occupied' },
    });
    expect(state.box).toBe('x');
  });
});

describe('interrupt', () => {
  it('presses Esc once and waits for rest', async () => {
    const { keyboard, state } = setUp();
    state.level = 'toolRunning';
    expect(await keyboard.interrupt(never)).toEqual({ ok: true });
    expect(state.written).toEqual(['\u001b']);
  });

  it('presses nothing at a prompt', async () => {
    const { keyboard, state } = setUp();
    expect(await keyboard.interrupt(never)).toEqual({ ok: true });
    expect(state.written).toEqual([]);
  });

  it('interrupts a turn that the screen does not show yet', async () => {
    const { keyboard, state } = setUp();
    state.onLook = (look) => {
      if (look === 3) state.level = 'thinking';
    };
    expect(await keyboard.interrupt(never)).toEqual({ ok: true });
    expect(state.written).toEqual(['\u001b']);
  });

  it('presses Esc only once when the session does not stop', async () => {
    const { keyboard, state } = setUp();
    state.level = 'toolRunning';
    state.escEnds = false;
    expect(await keyboard.interrupt(never)).toMatchObject({ failure: { code: 'timeout' } });
    expect(state.written).toEqual(['\u001b']);
  });
});
