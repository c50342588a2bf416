import { describe, expect, test } from 'vitest';
import { BOARD_STATUSES } from '../../db/schema/board.ts';
import { nextStatuses, standingOfRun } from '../../machines/board-task.ts';

describe('what a board task may become', () => {
  test.each(BOARD_STATUSES)('%s leads somewhere, and not to itself', (status) => {
    expect(nextStatuses(status)).not.toEqual([]);
    expect(nextStatuses(status)).not.toContain(status);
  });

  test('what is finished is opened before anybody works on it', () => {
    for (const status of ['done', 'failed', 'skipped'] as const) {
      expect(nextStatuses(status)).toContain('open');
      expect(nextStatuses(status)).not.toContain('running');
    }
  });

  test('only what was worked on is verified', () => {
    expect(BOARD_STATUSES.filter((status) => nextStatuses(status).includes('verifying'))).toEqual([
      'running',
    ]);
  });
});

test.each([
  ['queued', null, null, 'running', null],
  ['delivering', null, null, 'running', null],
  ['running', null, null, 'running', null],
  ['running', 'check', null, 'verifying', null],
  ['waiting', 'person', null, 'blocked', null],
  ['waiting', 'time', null, 'running', null],
  ['waiting', 'dependency', null, 'running', null],
  ['done', null, null, 'done', 'done'],
  ['failed', null, 'turn_failed', 'failed', 'failed'],
  ['failed', null, 'blocked', 'blocked', 'blocked'],
  ['cancelled', null, null, 'blocked', 'cancelled'],
] as const)('a run that is %s (%s, %s) lets it be %s', (status, waitingFor, errorCode, stands, outcome) => {
  expect(standingOfRun({ status, waitingFor, errorCode })).toEqual({ status: stands, outcome });
});
