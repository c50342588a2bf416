import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createWorld, type Daemon, eventOf, type World } from './world.ts';

const WAIT = { timeout: 60_000, interval: 100 };

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({
    slots: [
      {
        id: 'coder-1',
        role: 'coder',
        description: 'codes',
        // Newer models are not given the tools of the list (2.1.329).
        env: { CLAUDE_CODE_ENABLE_TODO_TOOLS: '1' },
      },
    ],
    permissionsYaml: 'default:\n  allow: ["TaskCreate(*)", "TaskUpdate(*)"]\nroles: {}\nslots: {}\n',
  });
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

test('what a real Claude Code puts down for itself is told, found, and known after the daemon was killed', async () => {
  const { client } = daemon;
  const started = eventOf(client, (event) =>
    event?.type === 'cc_task_started' ? event.payload.task.subject : undefined,
  );
  const { taskId } = await client.submit({
    role: 'coder',
    prompt: [
      'tools: [["TaskCreate", {"subject": "Build the thing", "description": "all of it"}], ["TaskCreate", {"subject": "Test it", "description": "well"}]]',
      'then tool: TaskUpdate {"taskId": "1", "status": "in_progress"}',
      'then say: begun',
    ].join('\n'),
  });
  await eventOf(client, (event) =>
    event?.type === 'task_changed' && event.task.id === taskId && event.task.status === 'done'
      ? event.task
      : undefined,
  );
  expect(await started).toBe('Build the thing');
  const expected = [
    {
      slotId: 'coder-1',
      tasks: [
        { id: '1', subject: 'Build the thing', status: 'in_progress' },
        { id: '2', subject: 'Test it', status: 'pending' },
      ],
    },
  ];
  // Without a name: of the sessions that run.
  await vi.waitFor(async () => expect((await client.ccTasks({})).sessions).toMatchObject(expected), WAIT);
  expect((await client.ccInProgress({})).tasks).toMatchObject([{ slotId: 'coder-1', task: { id: '1' } }]);
  await daemon.kill9();
  daemon = await world.start();
  await vi.waitFor(
    async () => expect((await daemon.client.ccTasks({})).sessions).toMatchObject(expected),
    WAIT,
  );
});
