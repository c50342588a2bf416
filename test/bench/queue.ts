import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTaskLedger } from '../../services/ledger/task-ledger.ts';
import { createStage, role, slotId } from '../actors/mission-stage.ts';
import { taskRow } from '../services/ledger/task-row.ts';

const PROMPT_CHARACTERS = 2_000;
/** Deadlines are looked at once a second; so many of those looks are within. */
const WATCHED_MS = 5_000;
const SUBMISSIONS = 20;

export interface QueueLoad {
  readonly queued: number;
  /** Share of the time that the daemon works although nothing happens. */
  readonly busyShare: number;
  /** The longest that anything else had to wait meanwhile, in milliseconds. */
  readonly longestStallMs: number;
  readonly submitMs: readonly number[];
}

/** What a long queue costs a daemon whose only slot is busy: while nothing happens, and for each task that comes. */
export async function measureQueue(queued: number): Promise<QueueLoad> {
  const stage = createStage();
  try {
    const tasks = createTaskLedger(stage.database().db);
    stage.database().db.transaction(() => {
      for (let count = 0; count < queued; count += 1)
        tasks.insert(taskRow({ role, prompt: 'x'.repeat(PROMPT_CHARACTERS), createdAt: Date.now() }));
    });
    const mission = await stage.start({ limits: { maxQueued: queued + SUBMISSIONS + 1, roles: {} } });
    // It never comes to its prompt.
    await mission.spawn(slotId, {});
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const before = performance.eventLoopUtilization();
    await sleep(WATCHED_MS);
    const { utilization } = performance.eventLoopUtilization(before);
    delay.disable();
    const submitMs: number[] = [];
    for (let submission = 0; submission < SUBMISSIONS; submission += 1) {
      const from = performance.now();
      await mission.submit({ role, prompt: 'one more' });
      submitMs.push(performance.now() - from);
    }
    return { queued, busyShare: utilization, longestStallMs: delay.max / 1e6, submitMs };
  } finally {
    await stage.close();
  }
}
