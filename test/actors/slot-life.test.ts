import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProgramToStart } from '../../actors/launcher.ts';
import type { PtyHost } from '../../services/pty/pty-host.ts';
import { createStage, PROGRAM, slotId } from './mission-stage.ts';

let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  stage = createStage();
});
afterEach(() => stage.close());

describe('a slot that is killed while it starts', () => {
  test('before the program was started: it never is, and the kill waits until that is certain', async () => {
    let prepared: (program: ProgramToStart) => void = () => {};
    let asked: (signal: AbortSignal) => void = () => {};
    const preparing = new Promise<AbortSignal>((resolve) => {
      asked = resolve;
    });
    const mission = await stage.start({
      prepare: (_runtime, _plan, { signal }) => {
        asked(signal);
        return new Promise((resolve) => {
          prepared = resolve;
        });
      },
    });
    const spawning = mission.spawn(slotId, {}).catch((error: unknown) => error);
    const signal = await preparing;
    const killing = mission.kill(slotId, 'test');
    expect(signal.aborted).toBe(true);
    expect(mission.slot(slotId).status).toBe('stopping');
    prepared(PROGRAM);
    await killing;
    expect(mission.slot(slotId).status).toBe('stopped');
    expect(stage.fake.held()).toEqual([]);
    expect(await spawning).toMatchObject({ code: 'launch_failed' });
  });

  test('while the host starts it: the program is ended and its terminal put away', async () => {
    const { fake } = stage;
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    let reached: () => void = () => {};
    const spawned = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const mission = await stage.start({
      host: {
        async spawn(spec) {
          reached();
          await gate;
          return fake.host.spawn(spec);
        },
      },
    });
    void mission.spawn(slotId, {}).catch(() => undefined);
    await spawned;
    const killing = mission.kill(slotId, 'test');
    go();
    await killing;
    expect(fake.held()).toEqual([]);
    // The slot is as good as new.
    expect((await mission.spawn(slotId, {})).status).toBe('live');
    expect(fake.alive()).toHaveLength(1);
  });
});

describe('a terminal that no slot owns', () => {
  /** A slot that was stopped although the host did not confirm the end of its program. */
  async function lettingGo(): Promise<void> {
    const mission = await stage.start({ host: { terminate: () => Promise.reject(new Error('no answer')) } });
    await mission.spawn(slotId, {});
    await mission.kill(slotId, 'test');
    expect(mission.slot(slotId)).toMatchObject({ status: 'stopped', failure: 'no answer' });
    expect(stage.fake.alive()).toHaveLength(1);
  }

  test('is ended by the next daemon', async () => {
    await lettingGo();
    await stage.kill9();
    const mission = await stage.start();
    expect(stage.fake.held()).toEqual([]);
    expect((await mission.spawn(slotId, {})).status).toBe('live');
  });

  test('is ended when the host is reached again', async () => {
    const { fake } = stage;
    let terminate: PtyHost['terminate'] = () => Promise.reject(new Error('no answer'));
    let forgot: () => void = () => {};
    const forgotten = new Promise<void>((resolve) => {
      forgot = resolve;
    });
    const mission = await stage.start({
      host: {
        terminate: (epoch, graceMs) => terminate(epoch, graceMs),
        async forget(epoch) {
          await fake.host.forget(epoch);
          forgot();
        },
      },
    });
    await mission.spawn(slotId, {});
    await mission.kill(slotId, 'test');
    terminate = fake.host.terminate;
    fake.disconnect();
    await forgotten;
    expect(fake.held()).toEqual([]);
  });

  test('is not in the way of a slot whose own terminal goes on', async () => {
    const first = await stage.start();
    const { epoch } = await first.spawn(slotId, {});
    await stage.kill9();
    await stage.start();
    expect(stage.fake.alive()).toMatchObject([{ epoch }]);
  });
});

test('a slot whose start the host refuses with an error has no terminal to look at, and can be started again', async () => {
  let start: PtyHost['spawn'] = () => Promise.reject(new Error('connection lost'));
  const mission = await stage.start({ host: { spawn: (spec) => start(spec) } });
  await expect(mission.spawn(slotId, {})).rejects.toThrow('connection lost');
  await expect(mission.screen(slotId)).rejects.toMatchObject({ code: 'slot_not_running' });
  start = stage.fake.host.spawn;
  expect((await mission.spawn(slotId, {})).status).toBe('live');
});
