import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tellWhile } from '../../server/tools/tell-while.ts';

const MINUTE_MS = 60_000;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  ['ends', () => 'done'],
  [
    'fails',
    () => {
      throw new Error('done');
    },
  ],
])('who waits for a long work is told of it within every minute, and nothing once it %s', async (_, end) => {
  const heard: string[] = [];
  let minutes = 0;
  const work = new Promise((resolve) => setTimeout(resolve, 3 * MINUTE_MS)).then(end);
  const waited = tellWhile(
    (message) => heard.push(message),
    () => `minute ${minutes}`,
    work,
  ).catch(String);
  for (; minutes < 3; minutes++) await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(String(await waited)).toContain('done');
  expect(heard).toEqual(expect.arrayContaining(['minute 0', 'minute 1', 'minute 2']));
  expect(vi.getTimerCount()).toBe(0);
});
