import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskId } from '../../db/ids.ts';
import { connectMission } from '../../server/client/connect-mission.ts';
import type { Door } from './doors.ts';
import { markIn, type Work } from './work.ts';

const LOOK_AGAIN_MS = 200;
/** Of those that were handed in last; a lost answer is asked about at once. */
const LOOKED_THROUGH = 500;

/** The task of a mark, or null when no task has it. Asked until a daemon answers. */
async function findTask(home: string, mark: string, signal: AbortSignal): Promise<TaskId | null> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const { tasks } = await connectMission({ home }).tasks({ limit: LOOKED_THROUGH }, { signal });
      return tasks.find(({ prompt }) => markIn(prompt) === mark)?.id ?? null;
    } catch {
      await sleep(LOOK_AGAIN_MS, undefined, { signal });
    }
  }
}

/**
 * Hands work in until it is known to be there, exactly once: an answer that was lost is no reason to hand it in again
 * before the list of tasks says that it is missing.
 */
export async function handIn(home: string, door: Door, work: Work, signal: AbortSignal): Promise<TaskId> {
  for (;;) {
    await door.submit(work).catch(() => undefined);
    const taskId = await findTask(home, work.mark, signal);
    if (taskId !== null) return taskId;
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
}
