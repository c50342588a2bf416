import type { TaskRow } from './task-ledger.ts';

type Needed = 'id' | 'kind' | 'role' | 'prompt' | 'createdAt' | 'snapshotVersion';

/** A task of which nothing more was said, and with which nothing has happened yet: it waits in the queue. */
export function newTaskRow(task: Pick<TaskRow, Needed> & Partial<TaskRow>): TaskRow {
  return {
    status: 'queued',
    pinnedSlotId: null,
    slotId: null,
    epoch: null,
    sessionId: null,
    result: null,
    errorCode: null,
    error: null,
    deadlineAt: null,
    submitter: '',
    priority: 0,
    requires: null,
    waitingFor: null,
    notBefore: null,
    timeoutMs: null,
    retries: 0,
    retried: 0,
    retryBackoffMs: 0,
    includeResults: false,
    verify: null,
    worktree: null,
    lastSlotId: null,
    labels: null,
    budgetUsd: null,
    budgetTokens: null,
    guard: null,
    unchecked: 0,
    idempotencyKey: null,
    contentHash: null,
    startedAt: null,
    finishedAt: null,
    progress: null,
    snapshot: null,
    ...task,
  };
}
