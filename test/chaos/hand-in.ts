import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskId } from '../../db/ids.ts';
import type { Door } from './doors.ts';
import type { Work } from './work.ts';

const AGAIN_AFTER_MS = 200;

/** Hands work in again and again until a daemon says which task it is. It has a key, so it is one task all the same. */
export async function handIn(
  door: Door,
  work: Work,
  after: TaskId | undefined,
  signal: AbortSignal,
): Promise<TaskId> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await door.submit(work, after);
    } catch {
      await sleep(AGAIN_AFTER_MS, undefined, { signal });
    }
  }
}
