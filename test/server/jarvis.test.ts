import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SlotId } from '../../db/ids.ts';
import { daemonLog } from '../../services/config/home.ts';
import { failureOf, type OpenDoors, openDoors } from './open-doors.ts';

const SECRET = `sk-ant-api03-${'a'.repeat(40)}`;
const line = (time: number, msg: string, more: object = {}): string =>
  `${JSON.stringify({ level: 30, time, pid: 1, hostname: 'box', name: 'missiond', ...more, msg })}\n`;

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

const call = (name: string, token: string, input: object = {}) =>
  doors.tcp({
    path: `/api/tools/${name}`,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });

describe('mission_jarvis_logs', () => {
  const messages = async (input: Parameters<OpenDoors['client']['jarvisLogs']>[0]) =>
    (await doors.client.jarvisLogs(input)).entries.map(({ message }) => message);

  beforeAll(() => {
    const file = daemonLog(doors.home);
    writeFileSync(`${file}.1`, line(1_000, 'oldest') + line(2_000, 'put aside', { slotId: 'coder-1' }));
    writeFileSync(
      file,
      line(3_000, 'one', { level: 20 }) +
        line(3_000, 'two') +
        line(3_000, 'three', { level: 50, error: `it had ${SECRET} and password: hunter2` }) +
        '{"level":30,"time":3' +
        '\n' +
        line(4_000, 'newest', { slotId: 'coder-2' }),
    );
  });
  afterAll(() => rmSync(`${daemonLog(doors.home)}.1`));

  test('shows the newest first, what was put aside too, and no half line', async () => {
    expect(await messages({})).toEqual(['newest', 'three', 'two', 'put aside', 'oldest']);
    expect(await messages({ level: 'debug', limit: 4 })).toEqual(['newest', 'three', 'two', 'one']);
  });

  test('by level, time, slot and text', async () => {
    expect(await messages({ level: 'warn' })).toEqual(['three']);
    expect(await messages({ since: 2_000, until: 3_000 })).toEqual(['put aside']);
    expect(await messages({ slotId: SlotId.parse('coder-1') })).toEqual(['put aside']);
    expect(await messages({ text: 'NEW' })).toEqual(['newest']);
  });

  test('page by page, each entry once, also those of one moment', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { entries, next } = await doors.client.jarvisLogs({
        level: 'debug',
        limit: 1,
        ...(cursor === undefined ? {} : { cursor }),
      });
      seen.push(...entries.map(({ message }) => message));
      cursor = next;
    } while (cursor !== undefined);
    expect(seen).toEqual(['newest', 'three', 'two', 'one', 'put aside', 'oldest']);
  });

  test('without secrets, which are not found by guessing either', async () => {
    const { entries } = await doors.client.jarvisLogs({ level: 'error' });
    expect(entries[0]?.facts).toContain('[secret]');
    expect(JSON.stringify(entries)).not.toMatch(/sk-ant-api03-aaa|hunter2/);
    expect(await messages({ text: 'sk-ant-api03-a' })).toEqual([]);
    expect(await messages({ text: 'hunter2' })).toEqual([]);
  });

  test('is for no viewer', async () => {
    const { token } = doors.tokens.create('viewer', undefined);
    expect(failureOf(await call('mission_jarvis_logs', token)).code).toBe('not_permitted');
  });
});

describe('mission_jarvis_trace', () => {
  test('tells the way of a request by its task, and of the latest without one', async () => {
    expect(failureOf(await call('mission_jarvis_trace', doors.token)).code).toBe('task_unknown');
    const { taskId } = await doors.client.submit({
      slotId: SlotId.parse('coder-2'),
      prompt: 'x',
      notBefore: Date.now() + 600_000,
    });
    await doors.client.cancel({ taskId });
    const trace = await doors.client.jarvisTrace({ trace_id: taskId.slice(0, 8) });
    expect(trace).toMatchObject({ traceId: taskId, status: 'cancelled', submitter: 'rest' });
    expect(trace.steps.map(({ step, detail }) => [step, detail])).toEqual([
      ['handed_in', 'rest'],
      ['ended', 'cancelled'],
      ...trace.steps.filter(({ step }) => step === 'told').map(({ detail }) => ['told', detail]),
    ]);
    expect(trace.totalMs).toBeGreaterThanOrEqual(0);
    expect(await doors.client.jarvisTrace({})).toEqual(trace);
  });
});
