import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { Role, TaskId } from '../../../db/ids.ts';
import { openDatabase } from '../../../db/open.ts';
import { createTaskLedger, type TaskRow } from '../../../services/ledger/task-ledger.ts';

it('serves the queue in the order in which it was filled, within a millisecond too', () => {
  const database = openDatabase(':memory:');
  const ledger = createTaskLedger(database.db);
  const ids = Array.from({ length: 30 }, () => TaskId.parse(randomUUID()));
  for (const id of ids) {
    const row: TaskRow = {
      id,
      kind: 'task',
      role: Role.parse('coder'),
      prompt: 'x',
      status: 'queued',
      pinnedSlotId: null,
      slotId: null,
      epoch: null,
      sessionId: null,
      result: null,
      errorCode: null,
      error: null,
      deadlineAt: null,
      createdAt: 1,
      startedAt: null,
      finishedAt: null,
      snapshot: null,
      snapshotVersion: 1,
    };
    ledger.insert(row);
  }
  expect(ledger.queued().map(({ id }) => id)).toEqual(ids);
  expect(ledger.open().map(({ id }) => id)).toEqual(ids);
  database.close();
});
