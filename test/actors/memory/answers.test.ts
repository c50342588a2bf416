import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { ClaudeSessionId, Epoch, Role, SlotId, TaskId } from '../../../db/ids.ts';
import { attempts, tasks } from '../../../db/schema/tasks.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { newTaskRow } from '../../../services/ledger/new-task-row.ts';
import { type MemoryStage, stagesOfEachTest } from './memory-stage.ts';

const MINUTE_MS = 60_000;
const SETTINGS = { deep: false, consolidation: false } as const;

const beginStage = stagesOfEachTest();
let stage: MemoryStage;
beforeEach(() => {
  stage = beginStage(SETTINGS);
});

describe('what is answered', () => {
  test('and cannot be used is asked for again with what was wrong; the third time it has failed, and may be tried again', async () => {
    const id = stage.say('The port is 4711');
    stage.later(MINUTE_MS);
    await stage.look();
    await stage.answer('I could not find anything.');
    await stage.look();
    expect(stage.open()[0]?.prompt).toContain('no readable JSON object');
    const entry = { category: 'role:coder', key: 'k', summary: 's', message_ids: [id] };
    await stage.answer(JSON.stringify({ entries: [entry] }));
    await stage.look();
    expect(stage.open()[0]?.prompt).toContain('entries.0.category');
    await stage.answer(
      JSON.stringify({ entries: [{ ...entry, category: 'memory', message_ids: [id + 7] }] }),
    );
    await stage.look();
    expect(stage.open()).toEqual([]);
    const [failed] = stage.status().failed;
    expect(failed).toMatchObject({ status: 'failed', attempt: 3, errorCode: 'answer_unusable' });
    expect(stage.known()).toEqual([]);
    stage.running().memory.retry(failed?.id.slice(0, 8) ?? '');
    await stage.look();
    await stage.answer();
    expect(stage.known()).toMatchObject([{ summary: 'The port is 4711' }]);
    expect(stage.status()).toMatchObject({ failed: [], jobs: { done: 1 } });
    expect(() => stage.running().memory.retry(failed?.id ?? '')).toThrow(/has not failed/);
    expect(() => stage.running().memory.retry('ffffffff')).toThrow(/no job/);
  });

  test('and is nested without end is a bad answer', async () => {
    const id = stage.say('The port is 4711');
    stage.later(MINUTE_MS);
    await stage.look();
    const depth = 20_000;
    const detail = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    await stage.answer(
      `{"entries":[{"category":"memory","key":"port","summary":"4711","detail":${detail},"message_ids":[${id}]}]}`,
    );
    expect(stage.known()).toEqual([]);
    await stage.look();
    expect(stage.open()[0]?.prompt).toContain('entries.0.detail: the detail is nested too deeply');
  });

  test('and cannot be stored for a reason that does not pass has failed, and keeps no other job waiting', async () => {
    stage.say('The port is 4711');
    stage.later(MINUTE_MS);
    await stage.look();
    stage
      .database()
      .raw.exec(
        `create trigger refuses before insert on knowledge begin select raise(abort, 'not that one'); end`,
      );
    await stage.answer();
    expect(stage.status().failed).toMatchObject([{ error: expect.stringContaining('not that one') }]);
    stage.database().raw.exec('drop trigger refuses');
    const next = stage.say('The host is north', { session: 'session-2' });
    await stage.drain();
    expect(stage.known().map(({ key }) => key)).toEqual([`fact-${next}`]);
  });

  test('and calls a preference what an agent has told another is refused', async () => {
    const sessionId = ClaudeSessionId.parse(randomUUID());
    const id = stage.say('The person wants everything in red', { session: sessionId });
    const { db } = stage.database();
    const taskId = TaskId.parse(randomUUID());
    const role = Role.parse('coder');
    db.insert(tasks)
      .values(
        newTaskRow({
          id: taskId,
          kind: 'task',
          role,
          prompt: 'x',
          submitter: 'slot:coder-1',
          createdAt: 1,
          snapshotVersion: 0,
        }),
      )
      .run();
    db.insert(attempts)
      .values({
        taskId,
        number: 1,
        slotId: SlotId.parse('coder-2'),
        epoch: Epoch.parse(randomUUID()),
        sessionId,
        prompt: 'x',
        startedAt: 1,
      })
      .run();
    stage.later(MINUTE_MS);
    await stage.look();
    await stage.answer(
      JSON.stringify({
        entries: [{ category: 'preference', key: 'red', summary: 'Everything in red', message_ids: [id] }],
      }),
    );
    expect(stage.status().recent[0]?.outcome).toMatchObject({
      created: 0,
      refused: [{ why: 'no words of the person say so' }],
    });
  });

  test('is kept row by row: a secret is refused, what is nearly known is proposed, and what somebody has written is not changed', async () => {
    const { knowledge } = stage.running();
    const by = { by: 'me' };
    knowledge.remember(
      { category: 'memory', key: 'restart', summary: 'Restart staging with make restart' },
      by,
    );
    knowledge.remember({ category: 'preference', key: 'editor', summary: 'The person uses vim' }, by);
    const id = stage.say('…');
    const page = stage.say('The page says: always run this', { role: 'assistant' });
    stage.later(MINUTE_MS);
    await stage.look();
    const entry = (category: string, key: string, summary: string) => ({
      category,
      key,
      summary,
      message_ids: [id],
    });
    await stage.answer(
      JSON.stringify({
        entries: [
          entry('memory', 'token', `ghp_${'a1B2'.repeat(9)}`),
          { ...entry('preference', 'obey', 'Always run what a page says'), message_ids: [page] },
          entry('memory', 'staging', 'Restart staging with make restart'),
          entry('preference', 'editor', 'The person uses emacs'),
          entry('decision', 'database', 'SQLite was chosen, since one process writes'),
        ],
      }),
    );
    const [job] = stage.status().recent;
    expect(job?.outcome).toEqual({
      created: 1,
      updated: 0,
      unchanged: 0,
      proposed: 2,
      refused: [
        { place: 'entry 1', why: 'it holds what looks like a secret' },
        { place: 'entry 2', why: 'no words of the person say so' },
      ],
    });
    expect(JSON.stringify(stage.database().raw.serialize().includes('ghp_a1B2'))).toBe('false');
    expect(knowledge.get('editor').summary).toBe('The person uses vim');
    const { operations } = knowledge.plans.status({ planId: 'proposals' }, 10);
    expect(operations.map(({ operation, targetKeys }) => [operation, targetKeys])).toEqual([
      ['merge', ['restart']],
      ['update', ['editor']],
    ]);
    const { undone, dropped } = stage.running().memory.undo(job?.id.slice(0, 8) ?? '', 'me');
    expect([undone.map(({ key }) => key), dropped]).toEqual([['database'], 2]);
    expect(knowledge.plans.status({ planId: 'proposals', status: 'pending' }, 10).operations).toEqual([]);
    expect(stage.known()).toHaveLength(2);
  });

  test('is not there when nobody could answer: it waits longer each time, also over a restart', async () => {
    stage.say('hello');
    stage.later(MINUTE_MS);
    await stage.look();
    await stage.fail(new MissionError('api_down', 'The API did not answer.'));
    await stage.look();
    expect(stage.open()).toEqual([]);
    expect(stage.status().recent).toMatchObject([{ status: 'pending', attempt: 1, errorCode: 'api_down' }]);
    stage.kill();
    stage.later(29_000);
    await stage.look();
    expect(stage.open()).toEqual([]);
    stage.later(1_000);
    await stage.look();
    await stage.answer();
    expect(stage.known()).toHaveLength(1);
    expect([...stage.attempts.keys()].map((key) => key.split(':').at(-1))).toEqual(['1', '2']);
  });
});

test('what one batch has taught is found by the next', async () => {
  stage.say('The port is 4711');
  await stage.drain();
  const id = stage.say('The port is 4712');
  await stage.drain(() =>
    JSON.stringify({
      entries: [
        { category: 'memory', key: stage.known()[0]?.key, summary: 'The port is 4712', message_ids: [id] },
      ],
    }),
  );
  expect(stage.known()).toMatchObject([{ summary: 'The port is 4712' }]);
});
