import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskId } from '../../db/ids.ts';
import { toFailure } from '../../services/errors/mission-error.ts';
import type { Door } from './doors.ts';
import type { Work } from './work.ts';

const AGAIN_AFTER_MS = 200;
const GIVEN_UP_AFTER_MS = 180_000;

/**
 * Hands work in again and again until a daemon says which task it is. It has a key, so it is one task all the same.
 * @throws Error when no daemon takes it for minutes, with what was said last
 */
export async function handIn(door: Door, work: Work, wanted: TaskId | undefined): Promise<TaskId> {
  let after = wanted;
  let last: unknown;
  for (const until = Date.now() + GIVEN_UP_AFTER_MS; Date.now() < until; await sleep(AGAIN_AFTER_MS)) {
    try {
      return await door.submit(work, after);
    } catch (error) {
      last = error;
      // What it was to wait for has failed: it is done without.
      if (JSON.stringify(toFailure(error)).includes('dependency_failed')) after = undefined;
    }
  }
  throw new Error(`${work.mark} was not taken by ${door.name}: ${toFailure(last).message}`, { cause: last });
}
