import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import { MemoryJobId } from '../../db/ids.ts';
import { memoryJobMachine } from '../../machines/memory-job.ts';

const jobId = MemoryJobId.parse('00000000-0000-4000-8000-000000000001');

class Failed extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

type Step = string | Error;

/** A job whose worker and store say these things, one after another. */
function jobWith({ answers, stored }: { readonly answers: Step[]; readonly stored: (string | null)[] }) {
  const asked: { attempt: number; complaint: string | null }[] = [];
  const next = <Value>(values: Value[]): Value => {
    const value = values.shift();
    if (value === undefined) throw new Error('nothing more was expected');
    return value;
  };
  const actor = createActor(
    memoryJobMachine.provide({
      actors: {
        extract: fromPromise(async ({ input: { attempt, complaint } }) => {
          asked.push({ attempt, complaint });
          const answer = next(answers);
          if (answer instanceof Error) throw answer;
          return answer;
        }),
        store: fromPromise(async () => next(stored)),
      },
    }),
    { input: { jobId, attempt: 0 } },
  );
  actor.start();
  return {
    asked,
    actor,
    /** Hands it in and resolves when it rests. */
    async attempt() {
      actor.send({ type: 'job.begin' });
      while (['extracting', 'storing'].includes(actor.getSnapshot().value)) await sleep(0);
      return actor.getSnapshot();
    },
  };
}

describe('a job of the memory', () => {
  test('begins nothing by itself, then reads, stores and is done', async () => {
    const job = jobWith({ answers: ['{}'], stored: [null] });
    await sleep(0);
    expect(job.asked).toEqual([]);
    expect((await job.attempt()).value).toBe('done');
    expect(job.asked).toEqual([{ attempt: 1, complaint: null }]);
  });

  test('asks again, with what was wrong, three times at most', async () => {
    const job = jobWith({ answers: ['a', 'b', 'c'], stored: ['no JSON', 'no key', 'nothing'] });
    expect((await job.attempt()).value).toBe('pending');
    expect((await job.attempt()).value).toBe('pending');
    const end = await job.attempt();
    expect(end.value).toBe('failed');
    expect(end.context.failure).toMatchObject({
      code: 'answer_unusable',
      message: expect.stringContaining('nothing'),
    });
    expect(job.asked).toEqual([
      { attempt: 1, complaint: null },
      { attempt: 2, complaint: 'no JSON' },
      { attempt: 3, complaint: 'no key' },
    ]);
  });

  test('waits longer each time that nobody can answer, and gives up in the end', async () => {
    const job = jobWith({ answers: Array.from({ length: 8 }, () => new Failed('api_down')), stored: [] });
    const pauses: number[] = [];
    for (let attempt = 1; attempt < 8; attempt += 1) {
      const { value, context } = await job.attempt();
      expect(value).toBe('pending');
      pauses.push(context.pauseMs);
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 960, 1_920].map((seconds) => seconds * 1_000));
    expect((await job.attempt()).value).toBe('failed');
  });

  test('that somebody did not want is not tried again', async () => {
    const job = jobWith({ answers: [new Failed('cancelled')], stored: [] });
    const { value, context } = await job.attempt();
    expect([value, context.failure?.code]).toEqual(['failed', 'cancelled']);
  });

  test.each(['extracting', 'storing'] as const)('goes on from its snapshot in %s', async (where) => {
    let inputs: unknown[] = [];
    const machine = memoryJobMachine.provide({
      actors: {
        extract: fromPromise(async ({ input }) => {
          inputs.push(input);
          return where === 'extracting' ? new Promise<string>(() => {}) : 'the answer';
        }),
        store: fromPromise(async ({ input }) => {
          inputs.push(input);
          return new Promise<null>(() => {});
        }),
      },
    });
    const first = createActor(machine, { input: { jobId, attempt: 4 } });
    first.start();
    first.send({ type: 'job.begin' });
    while (first.getSnapshot().value !== where) await sleep(0);
    const snapshot = JSON.parse(JSON.stringify(first.getPersistedSnapshot()));
    const before = inputs.at(-1);
    first.stop();
    inputs = [];
    const second = createActor(machine, { snapshot, input: { jobId, attempt: 4 } });
    second.start();
    expect(second.getSnapshot().value).toBe(where);
    expect(inputs).toEqual([before]);
    second.stop();
  });
});
