import { setImmediate } from 'node:timers/promises';
import { createActor, fromPromise, type Snapshot } from 'xstate';
import { ClaudeSessionId, Epoch, SlotId, TaskId } from '../../db/ids.ts';
import { taskMachine } from '../../machines/task.ts';
import type { CheckVerdict, Recovery, TaskEvent, TaskInput } from '../../machines/task-events.ts';

const TASK: TaskInput = {
  taskId: TaskId.parse('00000000-0000-4000-8000-000000000002'),
  deadlineAt: null,
  retries: 0,
  retried: 0,
  retryBackoffMs: 0,
  isVerified: false,
};
export const ASSIGNMENT = {
  slotId: SlotId.parse('coder-1'),
  epoch: Epoch.parse('00000000-0000-4000-8000-000000000003'),
  sessionId: ClaudeSessionId.parse('00000000-0000-4000-8000-000000000001'),
};
export const FAILURE = { code: 'turn_failed', message: 'Claude Code ended the turn with an error.' };

class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

interface Asked<Output> {
  resolve(output: Output): void;
  reject(error: Error): void;
}

/** A task whose deliveries, recoveries, checks and interrupts wait until the test says how they end. */
export function startTask(input: Partial<TaskInput> = {}, snapshot?: Snapshot<unknown>) {
  const asked: {
    deliver: Asked<void>[];
    recover: Asked<Recovery>[];
    verify: Asked<CheckVerdict>[];
    interrupt: Asked<void>[];
  } = { deliver: [], recover: [], verify: [], interrupt: [] };
  const ask =
    <Output>(whom: Asked<Output>[]) =>
    ({ signal }: { signal: AbortSignal }): Promise<Output> =>
      new Promise((resolve, reject) => {
        const question = { resolve, reject };
        whom.push(question);
        // Nobody waits for the answer any more.
        signal.addEventListener('abort', () => whom.splice(whom.indexOf(question), 1));
      });
  const machine = taskMachine.provide({
    actors: {
      deliver: fromPromise(ask(asked.deliver)),
      recover: fromPromise(ask(asked.recover)),
      verify: fromPromise(ask(asked.verify)),
      interrupt: fromPromise(ask(asked.interrupt)),
    },
  });
  const actor =
    snapshot === undefined
      ? createActor(machine, { input: { ...TASK, ...input } })
      : createActor(machine, { input: { ...TASK, ...input }, snapshot });
  actor.start();

  async function settle<Output>(
    whom: Asked<Output>[],
    end: (question: Asked<Output>) => void,
  ): Promise<void> {
    const question = whom.shift();
    if (question === undefined) return;
    end(question);
    await setImmediate();
  }

  return {
    actor,
    asked,
    state: () => actor.getSnapshot().value,
    context: () => actor.getSnapshot().context,
    send: (event: TaskEvent) => actor.send(event),
    assign: (attempt: number) =>
      actor.send({ type: 'task.assign', assignment: ASSIGNMENT, attempt, at: attempt }),
    delivered: () => settle(asked.deliver, ({ resolve }) => resolve()),
    notDelivered: (code: string) => settle(asked.deliver, ({ reject }) => reject(new Refused(code))),
    recovered: (recovery: Recovery) => settle(asked.recover, ({ resolve }) => resolve(recovery)),
    notRecovered: (code: string) => settle(asked.recover, ({ reject }) => reject(new Refused(code))),
    checked: (verdict: CheckVerdict) => settle(asked.verify, ({ resolve }) => resolve(verdict)),
    notChecked: (code: string) => settle(asked.verify, ({ reject }) => reject(new Refused(code))),
    interrupted: () => settle(asked.interrupt, ({ resolve }) => resolve()),
    /** What is waited for, by name. */
    waitsFor: () => Object.entries(asked).flatMap(([name, questions]) => questions.map(() => name)),
    /** As the rows keep it. */
    stored: (): Snapshot<unknown> => JSON.parse(JSON.stringify(actor.getPersistedSnapshot())),
  };
}

export type TaskBench = ReturnType<typeof startTask>;
