import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

describe('the memory', () => {
  test('says why nobody reads for it', async () => {
    const status = await doors.client.memoryStatus({});
    expect(status).toMatchObject({
      worker: null,
      why: 'No slot has the role "memory".',
      jobs: {},
      recent: [],
    });
    expect(await doors.client.memoryPending({})).toEqual({
      text: 'Nothing is pending.',
      messageIds: [],
      total: 0,
    });
  });

  test('is paused for two hours, or as long as is said, and tells everybody', async () => {
    const before = Date.now();
    const { until } = await doors.client.memoryPause({});
    expect(Math.round(((until ?? 0) - before) / 60_000)).toBe(120);
    expect(await doors.client.memoryStatus({})).toMatchObject({ paused: true, pausedUntil: until });
    expect(await doors.client.memoryPause({})).toEqual({ paused: false });
    const stop = new AbortController();
    for await (const event of doors.client.events({ since: 0, signal: stop.signal }))
      if (event.type === 'memory_paused' && !event.paused) break;
    stop.abort();
  });

  test('refuses what is no job, and ids that name no message', async () => {
    await expect(doors.client.memoryRetry({ job_id: 'ffff' })).rejects.toMatchObject({
      code: 'memory_job_unknown',
    });
    expect(await doors.client.memoryDone({ message_ids: [1, 2] })).toEqual({ marked: 0, left: [1, 2] });
  });

  test('is shown and paused from the command line', async () => {
    const memory = async (...words: string[]) => {
      const { status, out, err } = await runCli(['memory', ...words, '--home', doors.home]);
      return `${status} ${out}${err}`;
    };
    expect(await memory('pause', '--hours', '0.5')).toMatch(/^0 Paused until \d{4}-/);
    expect(await memory()).toMatch(/Nobody reads for the memory: No slot.* Paused until/);
    expect(await memory('resume')).toBe('0 It goes on.\n');
    expect(await memory('pending')).toBe('0 Nothing is pending.\n');
    expect(await memory('retry')).toContain('missiond memory retry JOB');
    expect(await memory('toString')).toContain('One of:');
  });
});
