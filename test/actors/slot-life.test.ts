import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProgramToStart } from '../../actors/launcher.ts';
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
    const killing = mission.kill(slotId);
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
    const killing = mission.kill(slotId);
    go();
    await killing;
    expect(fake.held()).toEqual([]);
    // The slot is as good as new.
    expect((await mission.spawn(slotId, {})).status).toBe('live');
    expect(fake.alive()).toHaveLength(1);
  });
});
