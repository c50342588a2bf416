import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { within } from '../../../services/deadline/within.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Nothing but a listener knows the signal. */
const heard = (ms: number, ...signals: AbortSignal[]): Promise<unknown> =>
  new Promise((resolve) => {
    const signal = within(ms, ...signals);
    signal.addEventListener('abort', () => resolve(signal.reason));
  });

test('the time ends, however much garbage is collected before', async () => {
  const ended = heard(50, new AbortController().signal);
  for (let round = 0; round < 5; round++) {
    collect();
    await sleep(1);
  }
  expect(await ended).toMatchObject({ name: 'TimeoutError' });
});

test('a signal ends it before, and one that has ended already at once', async () => {
  const calling = new AbortController();
  const ended = heard(60_000, calling.signal);
  collect();
  calling.abort('enough');
  expect(await ended).toBe('enough');
  expect(within(60_000, AbortSignal.abort('before')).reason).toBe('before');
  expect(within(Number.MAX_SAFE_INTEGER).aborted).toBe(false);
});
