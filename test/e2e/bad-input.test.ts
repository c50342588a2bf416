import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLI, createWorld, type Daemon, ended, eventOf, processesOf, running, type World } from './world.ts';

/** A slot that is to be killed while it starts. */
const MOST_TRIES = 20;

interface Ran {
  readonly status: number | null;
  readonly out: string;
}

/** Runs the missiond command as a person would. */
function missiond(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, ...args], { env }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, out: stdout + stderr }),
    );
  });
}

describe('a running daemon', () => {
  let world: World;
  let daemon: Daemon;
  beforeAll(async () => {
    world = await createWorld();
    daemon = await world.start();
    await daemon.client.ptySpawn({ slotId: 'researcher-1', waitForIdle: true });
  });
  afterAll(async () => {
    expect(await world.close()).toEqual([]);
  });

  test.each([
    ['an unknown role', () => daemon.client.submit({ role: 'nobody', prompt: 'x' }), /coder, researcher/],
    ['an unknown slot', () => daemon.client.submit({ slotId: 'ghost-9', prompt: 'x' }), /ghost-9/],
    ['a name that is a path', () => daemon.client.submit({ slotId: '../../etc', prompt: 'x' }), /slot id/],
    [
      'a prompt of a megabyte',
      () => daemon.client.submit({ role: 'researcher', prompt: 'x'.repeat(1024 * 1024) }),
      /file/,
    ],
    [
      'a prompt of control characters',
      () => daemon.client.submit({ role: 'researcher', prompt: '\u0000\u001b\u0007\u0003' }),
      /printable/,
    ],
    [
      'an answer where nothing asks',
      () => daemon.client.ptyConfirm({ slotId: 'researcher-1', response: true }),
      /Nothing waits/,
    ],
    [
      'a session that is not there',
      () => daemon.client.ptyScreen({ slotId: 'coder-1' }),
      /mission_pty_spawn/,
    ],
    ['a second start', () => daemon.client.spawn({ slotId: 'researcher-1' }), /already/],
    ['an unknown task', () => daemon.client.status({ taskId: 'ffffffff' }), /missiond tasks/],
  ])('%s is refused with what to do', async (_, attempt, says) => {
    const error = await Promise.resolve(attempt()).then(
      () => new Error('it was accepted'),
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    expect(
      `${error instanceof Error ? error.message : ''} ${error instanceof Error && 'remedy' in error ? String(error.remedy) : ''}`,
    ).toMatch(says);
  });

  test('control characters inside a prompt are taken out and the rest arrives', async () => {
    const { answer } = await daemon.client.ask({
      role: 'researcher',
      question: 'say: one\u001b[31m two\u0003\u0000 three',
    });
    expect(answer).toBe('one two three');
  });

  test('an API error fails the task with the reason, and the slot goes on', async () => {
    const { taskId } = await daemon.client.submit({ role: 'researcher', prompt: 'error: 400' });
    expect(await ended(daemon.client, taskId)).toMatchObject({ status: 'failed', errorCode: 'turn_failed' });
    expect((await daemon.client.ask({ role: 'researcher', question: 'say: still here' })).answer).toBe(
      'still here',
    );
  });

  test('ask obeys its timeout, and the work goes on', async () => {
    const started = daemon.client.ask({ role: 'researcher', question: 'slow: 20', timeoutMs: 300 });
    await expect(started).rejects.toMatchObject({ code: 'timeout' });
    const task = await eventOf(daemon.client, (event) =>
      event?.type === 'task_changed' && event.task.prompt === 'slow: 20' && event.task.status === 'done'
        ? event.task
        : undefined,
    );
    expect(task.result).toContain('word19');
  });

  test('cancel interrupts the session and says so; the next task is not disturbed', async () => {
    const { taskId } = await daemon.client.submit({ role: 'researcher', prompt: 'slow: 300' });
    await running(daemon.client, taskId);
    const { cancelled, task } = await daemon.client.cancel({ taskId: taskId.slice(0, 8) });
    expect({ cancelled, status: task.status }).toEqual({ cancelled: true, status: 'cancelled' });
    expect((await daemon.client.ask({ role: 'researcher', question: 'say: next' })).answer).toBe('next');
  });

  test('cancelled at any moment of its delivery, a task leaves no turn behind', async () => {
    await daemon.client.ask({ role: 'researcher', question: 'say: warmed up' });
    for (const wait of [0, 20, 60, 120, 250]) {
      const since = world.model.requests().length;
      const { taskId } = await daemon.client.submit({ role: 'researcher', prompt: `slow: ${400 + wait}` });
      await new Promise((resolve) => setTimeout(resolve, wait));
      expect((await daemon.client.cancel({ taskId })).task.status).toBe('cancelled');
      expect((await daemon.client.ask({ role: 'researcher', question: 'say: free' })).answer).toBe('free');
      const later = world.model.requests().slice(since);
      expect(later.filter(({ prompt }) => prompt.startsWith('slow')).length).toBeLessThanOrEqual(1);
    }
  });

  test('a queued task can be cancelled before it starts', async () => {
    const first = await daemon.client.submit({ role: 'researcher', prompt: 'slow: 10' });
    const second = await daemon.client.submit({ role: 'researcher', prompt: 'say: never' });
    expect(await daemon.client.cancel({ taskId: second.taskId })).toMatchObject({ cancelled: true });
    await ended(daemon.client, first.taskId);
    expect(world.model.requests().some(({ prompt }) => prompt === 'say: never')).toBe(false);
  });

  test('a deadline that passes fails the task and frees the slot', async () => {
    const { taskId } = await daemon.client.submit({
      role: 'researcher',
      prompt: 'slow: 400',
      deadlineMs: 1_500,
    });
    expect(await ended(daemon.client, taskId)).toMatchObject({ status: 'failed', errorCode: 'timeout' });
    expect((await daemon.client.ask({ role: 'researcher', question: 'say: free again' })).answer).toBe(
      'free again',
    );
  });

  test('killing the slot fails the task that it was doing and leaves no process', async () => {
    const { taskId } = await daemon.client.submit({ role: 'researcher', prompt: 'slow: 300' });
    await running(daemon.client, taskId);
    const pid = (await daemon.client.ptyStatus({ slotId: 'researcher-1' })).slots[0]?.pid ?? 0;
    expect(await daemon.client.kill({ slotId: 'researcher-1' })).toMatchObject({
      success: true,
      failedTasks: [taskId],
    });
    expect(await ended(daemon.client, taskId)).toMatchObject({
      status: 'failed',
      errorCode: 'session_exited',
    });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('a slot that is killed while it starts leaves no Claude Code behind', async () => {
    let outcome: unknown;
    // It starts within some milliseconds: a kill that comes too late ends a session, and is tried again.
    for (let tries = 0; tries < MOST_TRIES && !(outcome instanceof Error); tries += 1) {
      const starting = daemon.client.ptySpawn({ slotId: 'coder-1' }).catch((error: unknown) => error);
      await daemon.client.kill({ slotId: 'coder-1' });
      outcome = await starting;
      if (!(outcome instanceof Error)) await daemon.client.kill({ slotId: 'coder-1' });
    }
    expect(outcome).toMatchObject({ code: 'launch_failed' });
    // The next one answers; one of the first start would have come up before it.
    expect((await daemon.client.ask({ role: 'coder', question: 'say: alone' })).answer).toBe('alone');
    const { pid } = (await daemon.client.ptyStatus({ slotId: 'coder-1' })).slots[0] ?? {};
    expect(
      processesOf(world.home)
        .filter((line) => line.includes('agents/coder-1') && line.includes('--session-id'))
        .map((line) => Number(line.split(' ')[0])),
    ).toEqual([pid]);
  });

  test('a Claude Code that dies in mid-turn is resumed, told of it, and its task is done once', async () => {
    // Claude Code writes its transcript some time after the first prompt.
    await daemon.client.ask({ role: 'researcher', question: 'say: warm' });
    const { taskId } = await daemon.client.submit({ role: 'researcher', prompt: 'slow: 300' });
    await running(daemon.client, taskId);
    const [before] = (await daemon.client.ptyStatus({ slotId: 'researcher-1' })).slots;
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await ended(daemon.client, taskId);
    const task = await daemon.client.status({ taskId });
    expect(task).toMatchObject({ status: 'done', sessionId: before?.sessionId });
    expect(task.result).toMatch(/^You said: The session ended before you had finished this task/);
    expect(task.attempts).toMatchObject([
      { number: 1, outcome: 'lost', prompt: 'slow: 300' },
      { number: 2, outcome: 'done', prompt: expect.stringMatching(/slow: 300$/) },
    ]);
    const { messages } = await daemon.client.inbox({ limit: 500 });
    expect(messages.filter((message) => message.taskId === taskId)).toHaveLength(1);
  });

  test('a second daemon in the same home says who is there', async () => {
    const second = await missiond(['up', '--foreground', '--home', world.home], world.env);
    expect(second.status).toBe(1);
    expect(second.out).toContain(`process ${daemon.pid}`);
    expect(second.out).toContain('missiond down');
  });

  test('no secret of the home is in a reply, a row or a log', async () => {
    const replies = JSON.stringify([
      await daemon.client.slots({}),
      await daemon.client.agents({}),
      await daemon.client.ptyLogs({ slotId: 'researcher-1' }),
    ]);
    expect(replies).not.toContain('sk-ant-test');
    expect(replies).not.toContain(daemon.token);
    const found = spawn('grep', [
      '-rlE',
      `sk-ant-test|${daemon.token}`,
      path.join(world.home, 'logs'),
      path.join(world.home, 'mission.db'),
    ]);
    const [status] = await once(found, 'exit');
    expect(status).toBe(1);
  });
});

describe('a daemon that cannot start', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-bad-'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    MISSIOND_HOME: path.join(folder, 'home'),
    MISSION_WS_PORT: '0',
  };
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a wrong slots.yaml: line, column and what was meant', async () => {
    const file = path.join(folder, 'slots.yaml');
    writeFileSync(file, 'slots:\n  - id: a\n    rolle: coder\n    role: 5\n');
    const ran = await missiond(['up', '--foreground'], { ...env, MISSION_SLOTS_CONFIG: file });
    expect(ran.status).toBe(1);
    expect(ran.out).toContain('slots.yaml:3:5');
    expect(ran.out).toContain('Did you mean "role"?');
    expect(ran.out).toContain('slots.yaml:4:');
  });

  test('a wrong permissions.yaml: nothing runs by rules nobody wrote', async () => {
    await missiond(['doctor'], env);
    writeFileSync(path.join(env.MISSIOND_HOME, 'permissions.yaml'), 'default:\n  alow: [Read]\n');
    const ran = await missiond(['up', '--foreground'], env);
    expect(ran.status).toBe(1);
    expect(ran.out).toContain('permissions.yaml:2:3');
    rmSync(path.join(env.MISSIOND_HOME, 'permissions.yaml'));
  });

  test('a damaged database: it is not begun anew, and what to do is said', async () => {
    await missiond(['doctor'], env);
    const file = path.join(env.MISSIOND_HOME, 'mission.db');
    const letter = 'a letter and no database, long enough to be looked at '.repeat(20);
    writeFileSync(file, letter);
    const ran = await missiond(['up', '--foreground'], env);
    expect(ran.status).toBe(1);
    expect(ran.out).toContain(`${file} is no database that can be read`);
    expect(ran.out).toContain('move it away');
    expect(readFileSync(file, 'utf8')).toBe(letter);
    rmSync(file);
  });

  test('a taken port: which, and what to do', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const ran = await missiond(['up', '--foreground'], { ...env, MISSION_WS_PORT: String(port) });
    server.close();
    expect(ran.status).toBe(1);
    expect(ran.out).toContain(`Port ${port}`);
    expect(ran.out).toContain('MISSION_WS_PORT');
  });

  test('no claude on the PATH: the task fails and says how to install it', async () => {
    const world = await createWorld({ claudeFile: '/nowhere/claude' });
    const daemon = await world.start();
    const { taskId } = await daemon.client.submit({ role: 'coder', prompt: 'x' });
    const task = await ended(daemon.client, taskId);
    expect(task.status).toBe('failed');
    expect(task.error).toContain('/nowhere/claude');
    expect(task.error).toMatch(/install/i);
    expect(await world.close()).toEqual([]);
  });
});
