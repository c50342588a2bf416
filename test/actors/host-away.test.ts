import { afterEach, beforeEach, expect, test } from 'vitest';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { PtyHost } from '../../services/pty/pty-host.ts';
import { createStage, role, untilSlot } from './mission-stage.ts';

let stage: ReturnType<typeof createStage>;
let away: boolean;
beforeEach(() => {
  away = false;
  stage = createStage();
});
afterEach(() => stage.close());

test('a task that comes while no pty host answers waits for it, however long that takes', async () => {
  let asked = 0;
  const gone = async (): Promise<never> => {
    asked += 1;
    throw new MissionError('pty_host_unreachable', 'No pty host answers.');
  };
  const { host } = stage.fake;
  const flaky: PtyHost = {
    ...host,
    list: () => (away ? gone() : host.list()),
    spawn: (request) => (away ? gone() : host.spawn(request)),
  };
  const mission = await stage.start({ connectHost: async () => (away ? gone() : flaky) });
  away = true;
  stage.fake.disconnect();
  const { taskId } = await mission.submit({ role, prompt: 'work' });
  // Each time the host is asked for again the queue could have been given out, too.
  const enough = asked + 8;
  await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(enough);
  expect(mission.task(taskId)).toMatchObject({ status: 'queued' });
  away = false;
  await untilSlot(mission, 'live');
  expect(mission.task(taskId).status).toBe('queued');
});
