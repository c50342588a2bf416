import { randomUUID } from 'node:crypto';
import type { NoticeEvent } from '../services/config/notice-hooks.ts';
import type { NoticeLedger } from '../services/ledger/notice-ledger.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';
import type { Receiver } from '../services/notices/receivers.ts';
import { taskView } from './mission/task-view.ts';
import { IN_EVENT } from './mission/text-page.ts';

export interface NoticesDependencies {
  readonly ledger: NoticeLedger;
  readonly receivers: readonly Receiver[];
  readonly now: () => number;
}

/** Puts into the outbox what somebody asked to be told of. Every method writes at once: call it within a transaction. */
export interface Notices {
  /** @param subject what it is about: of one subject a receiver is told once */
  add(event: NoticeEvent, subject: string, facts: Readonly<Record<string, unknown>>): void;
  /** A task has come to its end. Messages typed by hand are nobody's task. */
  taskEnded(row: TaskRow): void;
}

export function createNotices({ ledger, receivers, now }: NoticesDependencies): Notices {
  function add(event: NoticeEvent, subject: string, facts: Readonly<Record<string, unknown>>): void {
    const createdAt = now();
    ledger.add(
      receivers
        .filter(({ hook }) => hook.on.includes(event))
        .map(({ id: receiver }) => {
          const id = randomUUID();
          return {
            id,
            receiver,
            event,
            subject,
            body: JSON.stringify({ id, event, at: createdAt, ...facts }),
            status: 'waiting' as const,
            attempts: 0,
            nextAttemptAt: createdAt,
            createdAt,
            endedAt: null,
            failure: null,
          };
        }),
    );
  }
  return {
    add,
    taskEnded(row) {
      if (
        row.kind === 'message' ||
        row.kind === 'check' ||
        (row.status !== 'done' && row.status !== 'failed')
      )
        return;
      const event = row.status === 'done' ? 'task_done' : 'task_failed';
      add(event, row.id, { task: taskView(row, IN_EVENT) });
    },
  };
}
