import { backOffMs } from './back-off.ts';
import type { TaskContext } from './task-events.ts';

/**
 * Failures after which another attempt may do better. Not: what a person or the orchestrator ended, a prompt that no
 * session takes, a deadline that has passed.
 */
const WORTH_A_RETRY: ReadonlySet<string> = new Set([
  'session_exited',
  'timeout',
  'turn_failed',
  'api_down',
  'needs_login',
  'verify_failed',
]);
/** Whoever waits longer than an hour for a retry wants a time, not a back-off. */
const LONGEST_PAUSE_MS = 60 * 60_000;
/** As many hexadecimal digits of an id as make a number. */
const SPREAD_DIGITS = 8;

type Tried = Pick<TaskContext, 'taskId' | 'failure' | 'retries' | 'retried' | 'retryBackoffMs'>;

export function isWorthARetry({ failure, retries, retried }: Tried): boolean {
  return failure !== null && WORTH_A_RETRY.has(failure.code) && retried < retries;
}

/**
 * The pause before the next attempt in milliseconds: twice as long each time, and up to half of it less, by the id of
 * the task, so that tasks that failed together do not come back together.
 */
export function retryPauseMs({ taskId, failure, retried, retryBackoffMs }: Tried): number {
  // The session stands ready, and time mends nothing that a check has found.
  if (failure?.code === 'verify_failed') return 0;
  const longest = backOffMs(retried + 1, { firstMs: retryBackoffMs, longestMs: LONGEST_PAUSE_MS });
  const spread = Number.parseInt(taskId.slice(0, SPREAD_DIGITS), 16) / 16 ** SPREAD_DIGITS;
  return Math.round(longest * (1 - spread / 2));
}
