import { expect, test } from 'vitest';
import { createActor, fromPromise, waitFor } from 'xstate';
import type { LostTask } from '../../actors/recovery.ts';
import { ClaudeSessionId, Epoch, SlotId, TaskId } from '../../db/ids.ts';
import { taskMachine } from '../../machines/task.ts';
import type { Recovery } from '../../machines/task-events.ts';
import { MissionError } from '../../services/errors/mission-error.ts';

const assignment = {
  slotId: SlotId.parse('coder-1'),
  epoch: Epoch.parse('00000000-0000-4000-8000-000000000003'),
  sessionId: ClaudeSessionId.parse('00000000-0000-4000-8000-000000000001'),
};

test.each(['slot_not_running', 'pty_host_unreachable'] as const)(
  'a terminal that is gone while the prompt is typed (%s) loses nothing: the task waits again',
  async (code) => {
    const machine = taskMachine.provide({
      actors: {
        deliver: fromPromise(() => Promise.reject(new MissionError(code, 'gone'))),
        recover: fromPromise<Recovery, LostTask>(async () => ({ kind: 'unbegun' })),
      },
    });
    const taskId = TaskId.parse('00000000-0000-4000-8000-000000000002');
    const actor = createActor(machine, {
      input: { taskId, deadlineAt: null, retries: 0, retried: 0, retryBackoffMs: 0, isVerified: false },
    });
    actor.start();
    actor.send({ type: 'task.assign', assignment, attempt: 1, at: 1 });
    expect(actor.getSnapshot().value).toBe('delivering');
    const waiting = await waitFor(actor, ({ value }) => value === 'queued' || value === 'failed');
    expect(waiting).toMatchObject({ value: 'queued', context: { assignment: null } });
  },
);
