import { on, once } from 'node:events';
import { existsSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScriptedRequest } from '../../services/scripted-model/start-scripted-model.ts';
import { freePort } from '../server/free-port.ts';
import { createWorld, type Daemon, ended, eventOf, processesOf, running, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  expect(await world.close()).toEqual([]);
});

/** Words as the scripted model says them for `slow: N`. */
const slowWords = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(' ');

function downKeepingAgents({ port, token }: Daemon): Promise<unknown> {
  return fetch(`http://127.0.0.1:${port}/api/down`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{"keepAgents":true}',
  });
}

/** Resolves when the model has been sent such a request. */
async function modelHeard(fits: (request: ScriptedRequest) => boolean): Promise<void> {
  const { events, requests } = world.model;
  const stop = new AbortController();
  try {
    const news = on(events, 'event', { signal: stop.signal });
    while (!requests().some(fits)) await news.next();
  } finally {
    stop.abort();
  }
}

describe('kill -9 of the daemon', () => {
  test('while a task runs: the agent works on, a new daemon finds it, and the task ends with its answer', async () => {
    const first = await world.start();
    const { taskId } = await first.client.submit({ role: 'researcher', prompt: 'slow: 40' });
    await running(first.client, taskId);
    const { slots } = await first.client.ptyStatus({ slotId: 'researcher-1' });
    await first.kill9();
    const second = await world.start();
    const task = await ended(second.client, taskId);
    expect(task).toMatchObject({ status: 'done', result: slowWords(40) });
    expect((await second.client.ptyStatus({ slotId: 'researcher-1' })).slots[0]?.pid).toBe(slots[0]?.pid);
    expect(world.model.requests().filter(({ prompt }) => prompt === 'slow: 40')).toHaveLength(1);
  });

  test('and the answer comes while no daemon is there: it is read from the transcript', async () => {
    const first = await world.start();
    const { taskId } = await first.client.submit({ role: 'researcher', prompt: 'slow: 12' });
    await running(first.client, taskId);
    const answered = new Promise<void>((resolve) => {
      world.model.events.on('event', ({ type }) => type === 'stop' && resolve());
    });
    await first.kill9();
    await answered;
    const second = await world.start();
    expect(await ended(second.client, taskId)).toMatchObject({ status: 'done', result: slowWords(12) });
  });

  test('while a question waits: it is the same question, and can be answered', async () => {
    const first = await world.start();
    const { taskId } = await first.client.submit({
      role: 'coder',
      prompt: 'tool: Bash {"command":"touch late.txt","description":"x"}',
    });
    const { id } = await eventOf(first.client, (event) =>
      event?.type === 'question_asked' ? event.question : undefined,
    );
    await eventOf(first.client, (event) =>
      event?.type === 'slot_changed' && event.slot.state === 'confirming' ? event : undefined,
    );
    await first.kill9();
    const second = await world.start();
    const { slot } = await eventOf(second.client, (event) =>
      event?.type === 'slot_changed' && event.slot.state === 'confirming' ? event : undefined,
    );
    expect(slot.pendingConfirmation).toMatchObject({ id, argument: 'touch late.txt' });
    expect((await second.client.questions({})).questions).toMatchObject([{ id, taskId }]);
    await second.client.ptyConfirm({ questionId: id, response: 'Yes' });
    expect((await ended(second.client, taskId)).status).toBe('done');
    expect(existsSync(path.join(world.workspace('coder-1'), 'late.txt'))).toBe(true);
  });

  // Some words, and a box taller than the screen.
  test.each([0, 1_000])(
    'while a prompt is being typed, %i ms in: it is typed anew and sent whole, once',
    async (typingFor) => {
      const words = Array.from({ length: 2_500 }, (_, index) => `part${index}`).join(' ');
      const first = await world.start();
      await first.client.ptySpawn({ slotId: 'researcher-1', waitForIdle: true });
      const { taskId } = await first.client.submit({ role: 'researcher', prompt: `say: ${words}` });
      await eventOf(first.client, (event) =>
        event?.type === 'slot_changed' && event.slot.composer === 'ourDraft' ? event : undefined,
      );
      await setTimeout(typingFor);
      await first.kill9();
      const second = await world.start();
      expect((await ended(second.client, taskId)).status).toBe('done');
      // Events carry the beginning of a long result only.
      expect((await second.client.status({ taskId })).result).toBe(words);
      expect(world.model.requests().filter(({ prompt }) => prompt.includes('part2499'))).toHaveLength(1);
    },
  );

  test('a queued task is not lost', async () => {
    const first = await world.start();
    const slow = await first.client.submit({ role: 'researcher', prompt: 'slow: 15' });
    const queued = await first.client.submit({ role: 'researcher', prompt: 'say: after the crash' });
    await running(first.client, slow.taskId);
    await first.kill9();
    const second = await world.start();
    expect(await ended(second.client, slow.taskId)).toMatchObject({
      status: 'done',
      result: slowWords(15),
    });
    expect(await ended(second.client, queued.taskId)).toMatchObject({
      status: 'done',
      result: 'after the crash',
    });
  });

  test('a denied command does not run while no daemon answers the hooks', async () => {
    const first = await world.start();
    const { taskId } = await first.client.submit({
      role: 'coder',
      prompt:
        'tool: Bash {"command":"sleep 2","description":"wait"}\nthen tool: Bash {"command":"rm -rf .git","description":"x"}',
    });
    await eventOf(first.client, (event) =>
      event?.type === 'tool_decided' && event.decision === 'allow' ? event : undefined,
    );
    const refused = modelHeard(({ results }) => JSON.stringify(results).includes('rm -rf'));
    await first.kill9();
    await refused;
    expect(existsSync(path.join(world.workspace('coder-1'), '.git'))).toBe(true);
    const second = await world.start();
    expect((await ended(second.client, taskId)).status).toBe('done');
    expect(existsSync(path.join(world.workspace('coder-1'), '.git'))).toBe(true);
  });

  test('denied commands do not run while daemons come and go', async () => {
    const asksTwelveTimes = Array.from(
      { length: 12 },
      (_, index) => `tool: Bash {"command":"rm -rf .git made-${index}","description":"x"}`,
    ).join('\nthen ');
    let daemon = await world.start();
    const { taskId } = await daemon.client.submit({
      role: 'coder',
      prompt: asksTwelveTimes,
    });
    let restarts = 0;
    for (let wanted = 2; wanted <= 10; wanted += 2) {
      await modelHeard(({ results }) => results.length >= wanted);
      await daemon.kill9();
      daemon = await world.start();
      restarts += 1;
    }
    expect(restarts).toBe(5);
    expect(await ended(daemon.client, taskId)).toMatchObject({ status: 'done' });
    expect(existsSync(path.join(world.workspace('coder-1'), '.git'))).toBe(true);
  });
});

test('a daemon that cannot start says why, ends, and leaves the agents of the last one alone', async () => {
  const first = await world.start();
  await first.client.ptySpawn({ slotId: 'researcher-1', waitForIdle: true });
  const pid = (await first.client.ptyStatus({ slotId: 'researcher-1' })).slots[0]?.pid;
  await first.kill9();
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(world.start({ MISSION_WS_PORT: String(port) })).rejects.toThrow(`Port ${port}`);
  taken.close();
  const third = await world.start();
  expect((await third.client.ptyStatus({ slotId: 'researcher-1' })).slots[0]).toMatchObject({
    pid,
    state: 'idle',
  });
});

test('kill -9 of the pty host: nothing stays behind, and its task is done by the resumed session, once', async () => {
  const { client } = await world.start();
  await client.ask({ role: 'researcher', question: 'say: warm' });
  const { taskId } = await client.submit({ role: 'researcher', prompt: 'slow: 300' });
  await running(client, taskId);
  const agent = (await client.ptyStatus({ slotId: 'researcher-1' })).slots[0]?.pid ?? 0;
  const host = processesOf(world.home).find((line) => line.includes('pty-host'));
  process.kill(Number(host?.split(' ')[0]), 'SIGKILL');
  const task = await ended(client, taskId);
  expect(task).toMatchObject({
    status: 'done',
    result: expect.stringContaining('You said: The session ended'),
  });
  expect(processesOf(world.home).filter((line) => line.startsWith(`${agent} `))).toEqual([]);
});

test('kill -9 of daemon, pty host and Claude Code at once: slots, tasks, history and conversations are as before', async () => {
  const first = await world.start();
  await first.client.ask({ role: 'coder', question: 'say: remember the parser' });
  // A conversation without an answer may not have been written down yet.
  await first.client.ask({ role: 'researcher', question: 'say: warm' });
  const slow = await first.client.submit({ role: 'researcher', prompt: 'slow: 300' });
  await running(first.client, slow.taskId);
  const queued = await first.client.submit({ slotId: 'researcher-1', prompt: 'say: after the crash' });
  const before = (await first.client.ptyStatus({})).slots;
  const history = (await first.client.ptyHistory({ slotId: 'coder-1' })).history;
  const hosts = processesOf(world.home).filter((line) => line.includes('pty-host'));
  const pids = [...hosts.map((line) => Number(line.split(' ')[0])), ...before.map(({ pid }) => pid ?? 0)];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await first.kill9();

  const second = await world.start();
  const after = (await second.client.ptyStatus({})).slots;
  expect(after.map(({ slotId, sessionId }) => [slotId, sessionId])).toEqual(
    before.map(({ slotId, sessionId }) => [slotId, sessionId]),
  );
  expect((await second.client.ptyHistory({ slotId: 'coder-1' })).history).toEqual(history);
  // The one that rested comes back too, with what was said in it on its screen.
  await eventOf(second.client, (event) =>
    event?.type === 'slot_changed' && event.slot.slotId === 'coder-1' && event.slot.state === 'idle'
      ? event
      : undefined,
  );
  const { screen } = await second.client.ptyScreen({ slotId: 'coder-1', lines: 200 });
  expect(screen).toContain('remember the parser');
  expect(await ended(second.client, slow.taskId)).toMatchObject({
    status: 'done',
    sessionId: before.find(({ slotId }) => slotId === 'researcher-1')?.sessionId,
  });
  expect((await ended(second.client, queued.taskId)).status).toBe('done');
});

test('a Claude Code that dies before its first prompt is started afresh', async () => {
  const { client } = await world.start();
  const before = await client.ptySpawn({ slotId: 'researcher-1', waitForIdle: true, autoRestart: true });
  process.kill(before.pid ?? 0, 'SIGKILL');
  const after = await eventOf(client, (event) =>
    event?.type === 'slot_changed' && event.slot.epoch !== before.epoch && event.slot.state === 'idle'
      ? event.slot
      : undefined,
  );
  expect(after.sessionId).not.toBe(before.sessionId);
});

test('agents that --keep-agents left are heard by the next daemon, also when it has another port', async () => {
  const first = await world.start();
  await first.client.ptySpawn({ slotId: 'coder-1', waitForIdle: true });
  await downKeepingAgents(first);
  const second = await world.start({ MISSION_WS_PORT: String(await freePort()) });
  const { taskId } = await second.client.submit({
    slotId: 'coder-1',
    prompt: 'tool: Bash {"command":"rm -rf .git","description":"x"}',
  });
  const decided = eventOf(second.client, (event) =>
    event?.type === 'tool_decided' ? event.decision : undefined,
  );
  expect(await ended(second.client, taskId)).toMatchObject({ status: 'done' });
  expect(await decided).toBe('deny');
});

test('an orderly stop ends every agent; --keep-agents leaves them and the next daemon has them', async () => {
  const first = await world.start();
  await first.client.ptySpawn({ slotId: 'researcher-1', waitForIdle: true });
  const pid = (await first.client.ptyStatus({ slotId: 'researcher-1' })).slots[0]?.pid;
  await downKeepingAgents(first);
  const second = await world.start();
  expect((await second.client.ptyStatus({ slotId: 'researcher-1' })).slots[0]).toMatchObject({
    pid,
    state: 'idle',
  });
  // Its hooks know one port and one token.
  expect(second).toMatchObject({ port: first.port, token: first.token });
  await second.client.ask({ role: 'researcher', question: 'say: still here' });
  const [slot] = (await second.client.ptyStatus({ slotId: 'researcher-1' })).slots;
  // The screen may be faster than any one hook, but the end of this turn is told.
  expect(slot?.why?.signals.map(({ says }) => says)).toContain('hook.stopped');
  expect(await world.close()).toEqual([]);
  expect(processesOf(world.home)).toEqual([]);
  world = await createWorld();
});
