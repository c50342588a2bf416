import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { z } from 'zod';
import { said, toolResult } from '../services/conversations/transcript-lines.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

const NEW = '11111111-1111-4111-8111-111111111111';
const OLD = '22222222-2222-4222-8222-222222222222';
const Said = z.looseObject({ type: z.string(), payload: z.looseObject({}).optional() });

let doors: OpenDoors;
let claude: string;
const write = (place: string, content: string): void => {
  const file = path.join(claude, place);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
};
const task = (id: string, status: string): string =>
  JSON.stringify({ id, subject: `task ${id}`, activeForm: `doing ${id}`, status, blockedBy: [] });

beforeAll(async () => {
  doors = await openDoors();
  claude = path.join(path.dirname(doors.home), '.claude');
  write(`projects/-work/${NEW}.jsonl`, said('Build the whole thing', { cwd: '/work/shop' }));
  write(`tasks/${NEW}/1.json`, task('1', 'in_progress'));
  write(`tasks/${NEW}/2.json`, task('2', 'pending'));
  // An older version, which registers nowhere: what was said just now goes on.
  write(
    `projects/-work/${OLD}.jsonl`,
    said('Old words', {
      cwd: '/work/old',
      sessionId: OLD,
      version: '2.0.60',
      timestamp: new Date().toISOString(),
    }) +
      toolResult('toolu_1', 'ok', {
        sessionId: OLD,
        cwd: '/work/old',
        version: '2.0.60',
        timestamp: new Date().toISOString(),
        toolUseResult: {
          oldTodos: [],
          newTodos: [{ content: 'one', status: 'completed', activeForm: 'doing one' }],
        },
      }),
  );
  await doors.client.conversationBackfill({});
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

test('sessions with their counts; only what runs, unless all are asked for', async () => {
  const { sessions } = await doors.client.ccSessions({ activeOnly: false });
  expect(sessions).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        sessionId: NEW,
        project: '/work/shop',
        summary: 'Build the whole thing',
        tasks: 2,
        inProgress: 1,
        pending: 1,
        completed: 0,
        isActive: false,
      }),
      expect.objectContaining({ sessionId: OLD, tasks: 1, completed: 1, isActive: true }),
    ]),
  );
  const running = await doors.client.ccSessions({});
  expect(running.sessions.map(({ sessionId }) => sessionId)).toEqual([OLD]);
  const ofProject = await doors.client.ccSessions({ activeOnly: false, projectPath: 'shop' });
  expect(ofProject.sessions.map(({ sessionId }) => sessionId)).toEqual([NEW]);
});

test('the tasks of a session by a beginning of its id, and of a project', async () => {
  const { sessions } = await doors.client.ccTasks({ sessionId: '1111' });
  expect(sessions).toMatchObject([
    { sessionId: NEW, tasks: [{ id: '1', activeForm: 'doing 1', status: 'in_progress' }, { id: '2' }] },
  ]);
  const ofProject = await doors.client.ccTasks({ projectPath: '/work' });
  expect(ofProject.sessions).toHaveLength(2);
  await expect(doors.client.ccTasks({ sessionId: '3333' })).rejects.toThrow('has no task list');
  const running = await doors.client.ccTasks({});
  expect(running.sessions.map(({ sessionId }) => sessionId)).toEqual([OLD]);
});

test('what is in progress, and the overview', async () => {
  const { tasks } = await doors.client.ccInProgress({});
  expect(tasks).toMatchObject([{ sessionId: NEW, activeForm: 'doing 1', task: { id: '1' } }]);
  expect(await doors.client.ccOverview({})).toMatchObject({
    totalSessions: 2,
    sessionsWithTasks: 2,
    tasksByStatus: { pending: 1, in_progress: 1, completed: 1 },
  });
});

test('the command line shows them', async () => {
  const all = await runCli(['todos', '--all', '--home', doors.home]);
  expect(all.out).toContain('Build the whole thing');
  const one = await runCli(['todos', '1111', '--home', doors.home]);
  expect(one.out).toContain('▸ 1. doing 1\n  ☐ 2. task 2');
});

test('a change is told on /tasks to the owner, and to no viewer', async () => {
  const { token: viewer } = doors.tokens.create('viewer', 'screen');
  const heard = { owner: [] as z.infer<typeof Said>[], viewer: [] as z.infer<typeof Said>[] };
  const open = async (who: 'owner' | 'viewer', token: string) => {
    const socket = new WebSocket(`ws://127.0.0.1:${doors.port}/tasks`, {
      headers: { authorization: `Bearer ${token}` },
    });
    socket.on('message', (data) => heard[who].push(Said.parse(JSON.parse(String(data)))));
    await new Promise((resolve) => socket.once('message', resolve));
    return socket;
  };
  const sockets = [await open('owner', doors.token), await open('viewer', viewer)];
  write(`tasks/${NEW}/1.json`, task('1', 'completed'));
  await doors.client.conversationBackfill({});
  // Told to both, after it.
  const until = (who: 'owner' | 'viewer') =>
    expect.poll(() => heard[who].some(({ type }) => type === 'task_changed')).toBe(true);
  await doors.client.submit({ slotId: 'coder-1', prompt: 'x' });
  await Promise.all([until('owner'), until('viewer')]);
  expect(heard.owner.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['cc_tasks_changed', 'cc_task_completed']),
  );
  expect(heard.owner.find(({ type }) => type === 'cc_tasks_changed')?.payload).toMatchObject({
    sessionId: NEW,
    projectName: 'shop',
    statusChanged: [{ task: { id: '1', status: 'completed' }, previousStatus: 'in_progress' }],
  });
  expect(heard.owner[0]).toMatchObject({ type: 'snapshot', claudeSessions: [{ sessionId: OLD }] });
  expect(heard.viewer[0]).not.toHaveProperty('claudeSessions');
  expect(heard.viewer.filter(({ type }) => type.startsWith('cc_'))).toEqual([]);
  for (const socket of sockets) socket.terminate();
});
