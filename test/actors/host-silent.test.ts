import { afterEach, beforeEach, expect, test } from 'vitest';
import { SlotId, type TaskId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { idleReading } from './fake-pty-host.ts';
import {
  createStage,
  role,
  slotId,
  slotOf,
  startIdle,
  taskIs,
  until,
  willingKeyboard,
} from './mission-stage.ts';

const otherId = SlotId.parse('coder-2');

let stage: ReturnType<typeof createStage>;
let typed: number;
let silent: boolean;
let escs: number;
/** Breaks the delivery of the first prompt, whose Enter has been pressed. */
let lose: () => void;

beforeEach(() => {
  typed = 0;
  silent = false;
  escs = 0;
  stage = createStage({
    keyboard: () =>
      willingKeyboard({
        deliver(_, { typed: reached }) {
          typed += 1;
          reached();
          if (typed > 1) return Promise.resolve({ ok: true });
          return new Promise((_resolve, reject) => {
            lose = () => reject(new MissionError('pty_host_unreachable', 'The host does not answer.'));
          });
        },
        async interrupt() {
          escs += 1;
          stage.fake.show(slotId, idleReading());
          return { ok: true };
        },
      }),
    host: {
      async list() {
        if (silent) throw new MissionError('pty_host_unreachable', 'The host does not answer.');
        return stage.fake.host.list();
      },
    },
  });
});
afterEach(() => stage.close());

/** The host stands still in the middle of a delivery; Claude Code has the words, and works. */
async function workingUnseen(timeoutMs: number) {
  const mission = await startIdle(stage, { slots: [slotOf(), slotOf({ id: otherId })] });
  const { taskId } = await mission.submit({
    role,
    prompt: 'fix the bug',
    retries: 1,
    retryBackoffMs: 10,
    timeoutMs,
  });
  await until(mission, 'typed', () => typed === 1);
  silent = true;
  lose();
  await until(mission, 'uncertain', () => mission.task(taskId).waitingFor === 'session');
  stage.fake.show(slotId, idleReading({ level: 'thinking' }));
  return { mission, taskId };
}
/** The first session rests, or has ended: nobody works on what another one may get. */
const leftIt = (mission: Awaited<ReturnType<typeof startIdle>>): boolean =>
  mission.slot(slotId).state !== 'thinking';

/** Whether the task was let go while its first session still worked on it. */
function watchFor(mission: Awaited<ReturnType<typeof startIdle>>, taskId: TaskId): () => boolean {
  let tooSoon = false;
  mission.subscribe((event) => {
    if (event.type !== 'task_changed' || event.task.id !== taskId) return;
    if (['queued', 'cancelled'].includes(event.task.status) && !leftIt(mission)) tooSoon = true;
  });
  return () => tooSoon;
}

test('a task whose time is over while the host is silent is given to nobody before its session has left it', async () => {
  const { mission, taskId } = await workingUnseen(1_000);
  const wasTooSoon = watchFor(mission, taskId);
  await until(mission, 'timed out', () => mission.task(taskId).waitingFor !== 'session');
  silent = false;
  await taskIs(mission, taskId, 'queued');
  expect(wasTooSoon()).toBe(false);
});

test('cancelled while the host is silent, it is cancelled once its session has left it', async () => {
  const { mission, taskId } = await workingUnseen(100_000);
  const wasTooSoon = watchFor(mission, taskId);
  const cancelling = mission.cancel(taskId);
  silent = false;
  await cancelling;
  await taskIs(mission, taskId, 'cancelled');
  expect(wasTooSoon()).toBe(false);
  expect(escs).toBeGreaterThan(0);
});
