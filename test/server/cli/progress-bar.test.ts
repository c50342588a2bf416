import { expect, test } from 'vitest';
import { progressBar } from '../../../server/cli/progress-bar.ts';

const progress = {
  phase: 'reading' as const,
  files: 40,
  bytesRead: 50 * 1024 * 1024,
  bytesTotal: 200 * 1024 * 1024,
  bytesPerSecond: 10 * 1024 * 1024,
};

test('says how far it is, how fast and how long it takes', () => {
  expect(progressBar(progress, 100)).toBe(
    '████████░░░░░░░░░░░░░░░░░░░░░░ 25 %  50.0 of 200.0 MB  10.0 MB/s  15 s left',
  );
  expect(progressBar({ ...progress, bytesPerSecond: 1024 * 1024 }, 100)).toContain('3 min left');
  expect(progressBar({ ...progress, bytesTotal: 0, bytesPerSecond: 0 }, 100)).toContain('100 %');
});

test('says instead what keeps it from reading', () => {
  expect(progressBar({ ...progress, problem: 'database or disk is full' }, 100)).toMatch(
    / 25 % {2}waits: database or disk is full$/,
  );
});

test('is never so wide that it would wrap', () => {
  for (let columns = 2; columns <= 120; columns += 1)
    for (const problem of [undefined, 'database or disk is full'])
      expect(
        progressBar({ ...progress, ...(problem === undefined ? {} : { problem }) }, columns).length,
      ).toBeLessThan(columns);
  expect(progressBar(progress, 40)).toBe('█░░░░ 25 %  50.0 of 200.0 MB  10.0 MB/s');
  expect(progressBar(progress, 30)).toBe('██░░░░ 25 %  50.0 of 200.0 MB');
});
