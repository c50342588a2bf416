import path from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { createWorld, ended } from '../e2e/world.ts';
import { measureDetection } from './detection.ts';
import { measureDrivenLoad } from './driven-load.ts';
import { measureQueue } from './queue.ts';
import { spread } from './spread.ts';
import { measureStandingLoad } from './standing-load.ts';

const Row = z.object({ submitted_at: z.number(), answered_at: z.number() });

/** What a user waits for on a real Claude Code and an idle slot. */
export async function benchSessions(rounds: number): Promise<object> {
  const bytesToState = await measureDetection();
  const queues = [await measureQueue(0), await measureQueue(10_000)].map((load) => ({
    queued: load.queued,
    busy_share: load.busyShare,
    longest_stall_ms: load.longestStallMs,
    submit_ms: spread(load.submitMs),
  }));
  const { submitMs, ...load } = await measureStandingLoad();
  const standing = { ...load, submit_ms: spread(submitMs) };
  const { submitMs: meanwhileMs, ...drivenLoad } = await measureDrivenLoad();
  const driven = { ...drivenLoad, submit_ms: spread(meanwhileMs) };
  const world = await createWorld();
  try {
    const daemon = await world.start();
    await daemon.client.ask({ role: 'researcher', question: 'say: warm' });
    const toPrompt: number[] = [];
    const toDone: number[] = [];
    const database = new Database(path.join(world.home, 'mission.db'), { readonly: true });
    const delivery = database.prepare('select submitted_at, answered_at from deliveries where task_id = ?');
    for (let round = 0; round < rounds; round++) {
      const submittedAt = Date.now();
      const { taskId } = await daemon.client.submit({ role: 'researcher', prompt: `say: answer ${round}` });
      await ended(daemon.client, taskId);
      const doneAt = Date.now();
      const row = Row.parse(delivery.get(taskId));
      toPrompt.push(row.submitted_at - submittedAt);
      toDone.push(doneAt - row.answered_at);
      // The screen must show the prompt again, or the next task would measure the wait for it.
      while ((await daemon.client.ptyStatus({ slotId: 'researcher-1' })).slots[0]?.composer !== 'empty')
        await new Promise((resolve) => setTimeout(resolve, 20));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    database.close();
    return {
      rounds,
      submit_to_prompt_ms: spread(toPrompt),
      stop_to_done_ms: spread(toDone),
      changes: bytesToState.length,
      bytes_to_state_ms: spread(bytesToState),
      queues,
      standing,
      driven,
    };
  } finally {
    await world.close();
  }
}
