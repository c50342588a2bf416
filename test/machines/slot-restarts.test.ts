import { describe, expect, it } from 'vitest';
import { startSlot } from './slot-bench.ts';

const MINUTE_MS = 60_000;

/** A slot that restarts by itself and has failed so often, one failure right after the other. */
async function failed(times: number) {
  const slot = startSlot();
  slot.start();
  for (let failure = 1; failure <= times; failure += 1) {
    await slot.crash();
    if (failure < times) slot.wait(slot.context().pause?.ms ?? 0);
  }
  return slot;
}

describe('a slot that failed', () => {
  it('is resumed after a pause that doubles with each failure in a row', async () => {
    const slot = startSlot();
    slot.start();
    const pauses: (number | undefined)[] = [];
    for (let failure = 0; failure < 4; failure += 1) {
      await slot.crash();
      pauses.push(slot.context().pause?.ms);
      slot.wait((slot.context().pause?.ms ?? 0) - 1);
      expect(slot.state()).toBe('backingOff');
      slot.wait(1);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000]);
    await slot.reaches('live');
    expect(slot.context().plan?.resume).toBe(true);
  });

  it('begins with short pauses again once a turn has come to its end', async () => {
    const slot = await failed(3);
    slot.wait(slot.context().pause?.ms ?? 0);
    await slot.reaches('live');
    slot.send({ type: 'slot.proven' });
    await slot.crash();
    expect(slot.context().pause?.ms).toBe(1_000);
  });

  it('is left alone after five failures within ten minutes, though turns were done between them', async () => {
    const slot = startSlot();
    slot.start();
    for (let failure = 0; failure < 5; failure += 1) {
      await slot.reaches('live');
      slot.send({ type: 'slot.proven' });
      await slot.crash();
      if (failure < 4) slot.wait(slot.context().pause?.ms ?? 0);
    }
    expect(slot.state()).toBe('quarantined');
  });

  it('stays down when it was not to restart by itself', async () => {
    const slot = startSlot();
    slot.start({ autoRestart: false });
    await slot.crash();
    expect(slot.state()).toBe('stopped');
  });

  it('is not blamed for terminals that were lost with their host', async () => {
    const slot = startSlot();
    slot.start();
    for (let loss = 0; loss < 6; loss += 1) {
      await slot.reaches('live');
      slot.send({ type: 'slot.restored', alive: false, at: slot.now() });
    }
    await slot.reaches('live');
    expect(slot.context()).toMatchObject({ crashes: 0, failedAt: [] });
  });
});

describe('five failures within ten minutes', () => {
  it('quarantine a slot, which says why and until when', async () => {
    const slot = await failed(5);
    expect(slot.state()).toBe('quarantined');
    expect(slot.context().failure).toMatchObject({
      code: 'slot_quarantined',
      message: expect.stringMatching(
        /failed 5 times within 10 minutes .* until 2026-06-15T12:30:15.000Z.*code 1/,
      ),
    });
  });

  it('count starts that fail, too', async () => {
    const slot = startSlot({ launch: () => Promise.reject(new Error('no such program')) });
    slot.start();
    for (let failure = 1; failure < 5; failure += 1) {
      await slot.reaches('backingOff');
      slot.wait(slot.context().pause?.ms ?? 0);
    }
    await slot.reaches('quarantined');
    expect(slot.context().failure?.message).toContain('no such program');
  });

  it('do not come together when there is more time between them', async () => {
    const slot = startSlot();
    slot.start();
    for (let failure = 0; failure < 8; failure += 1) {
      await slot.crash();
      expect(slot.state()).toBe('backingOff');
      slot.wait(3 * MINUTE_MS);
    }
  });

  it('count also for a slot that others start for their tasks', async () => {
    const slot = startSlot();
    for (let failure = 0; failure < 5; failure += 1) {
      slot.start({ autoRestart: false });
      await slot.crash();
    }
    expect(slot.state()).toBe('quarantined');
  });
});

describe('a quarantine', () => {
  it('ends by itself with one trial, which a failure ends at once', async () => {
    const slot = await failed(5);
    slot.wait(30 * MINUTE_MS - 1);
    expect(slot.state()).toBe('quarantined');
    slot.wait(1);
    await slot.crash();
    expect(slot.state()).toBe('quarantined');
    expect(slot.context().failure?.message).toContain('failed again after its quarantine');
  });

  it('is over for good when the trial has come to the end of a turn', async () => {
    const slot = await failed(5);
    slot.wait(30 * MINUTE_MS);
    await slot.reaches('live');
    slot.send({ type: 'slot.proven' });
    await slot.crash();
    expect(slot.state()).toBe('backingOff');
  });

  it('is ended by a person, who forgives what was before', async () => {
    const slot = await failed(5);
    slot.start({ by: 'person' });
    await slot.crash();
    expect(slot.state()).toBe('backingOff');
    expect(slot.context().pause?.ms).toBe(1_000);
  });

  it('is not ended by a daemon that goes down, but by a person who stops the slot', async () => {
    const slot = await failed(5);
    slot.send({ type: 'slot.stop', by: 'daemon', at: slot.now() });
    expect(slot.state()).toBe('quarantined');
    slot.send({ type: 'slot.stop', by: 'person', at: slot.now() });
    expect(slot.state()).toBe('stopped');
  });
});

describe('a daemon that comes back', () => {
  it.each([
    ['backingOff', 2, 2_000],
    ['quarantined', 5, 30 * MINUTE_MS],
  ])('counts what is left of the time of a %s slot by the clock on the wall', async (state, times, ms) => {
    const before = await failed(times);
    expect(before.state()).toBe(state);
    const snapshot = before.actor.getPersistedSnapshot();
    before.actor.stop();
    const after = startSlot({ at: before.now() + ms - 500, snapshot });
    after.send({ type: 'slot.restored', alive: false, at: after.now() });
    after.wait(499);
    expect(after.state()).toBe(state);
    after.wait(1);
    await after.reaches('live');
  });

  it('waits no longer than the pause was, also when the clock was set back', async () => {
    const before = await failed(2);
    const after = startSlot({
      at: before.now() - 60 * MINUTE_MS,
      snapshot: before.actor.getPersistedSnapshot(),
    });
    after.send({ type: 'slot.restored', alive: false, at: after.now() });
    after.wait(2_000);
    await after.reaches('live');
  });
});
