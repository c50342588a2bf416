import { expect, test } from 'vitest';
import { createOutputLog } from '../../../services/pty/output-log.ts';

test('everything after a border is given again, exactly', () => {
  const log = createOutputLog();
  const first = log.append(3, 'one');
  log.append(3, 'two');
  log.append(5, 'three');
  expect(log.since(first)).toBe('twothree');
  expect(log.since(0)).toBe('onetwothree');
  expect(log.since(log.sequence())).toBe('');
});

test('what is no border, never was, or is no longer held, is refused', () => {
  const log = createOutputLog();
  log.append(3, 'one');
  expect(log.since(1)).toBeNull();
  expect(log.since(99)).toBeNull();
  for (let count = 0; count < 100; count++) log.append(10_000, 'x'.repeat(10_000));
  expect(log.since(3)).toBeNull();
  expect(log.since(log.sequence() - 10_000)).toBe('x'.repeat(10_000));
});
