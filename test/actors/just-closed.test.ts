import { expect, test } from 'vitest';
import { createJustClosed } from '../../actors/just-closed.ts';
import { Role, SlotId } from '../../db/ids.ts';

const MINUTE_MS = 60_000;
const fox = SlotId.parse('shop.calm-fox');
const owl = SlotId.parse('shop.red-owl');
const worker = { role: Role.parse('worker'), transcriptPath: '/fox.jsonl' };

test('a slot that was closed is known a while, then let go; one that is opened again is known no more', () => {
  let at = 0;
  const closed = createJustClosed(() => at);
  closed.add(fox, worker);
  at = 9 * MINUTE_MS;
  closed.add(owl, { ...worker, transcriptPath: null });
  expect(closed.get(fox)).toMatchObject(worker);
  at = 11 * MINUTE_MS;
  expect(closed.get(fox)).toBeUndefined();
  expect(closed.get(owl)).toMatchObject({ role: 'worker', transcriptPath: null });
  closed.delete(owl);
  expect(closed.get(owl)).toBeUndefined();
});
