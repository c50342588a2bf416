import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SlotId } from '../../db/ids.ts';
import { idleReading } from './fake-pty-host.ts';
import {
  becomesReady,
  createStage,
  hook,
  role,
  slotId,
  slotOf,
  startIdle,
  taskIs,
  until,
  untilSlot,
} from './mission-stage.ts';

let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  stage = createStage();
});
afterEach(() => stage.close());

test('a turn that ends while the next daemon looks at its screen is seen to have ended', async () => {
  const first = await startIdle(stage);
  const { taskId } = await first.submit({ role, prompt: 'work' });
  await taskIs(first, taskId, 'running');
  await hook(first, 'UserPromptSubmit', { prompt: 'work', prompt_id: 'prompt-1' });
  stage.fake.show(slotId, idleReading({ level: 'thinking', sequence: 5 }));
  await stage.kill9();
  stage.fake.beforeNextAnswer(() => stage.fake.show(slotId, idleReading({ sequence: 9 })));
  const second = await stage.start();
  await until(second, 'idle', () => second.slot(slotId).state === 'idle');
});

describe('a daemon of another version', () => {
  /** As an upgrade finds the rows. */
  const ageSnapshots = (): void => {
    stage.database().raw.exec('update slots set snapshot_version = 0; update tasks set snapshot_version = 0');
  };

  test('an agent and its running task go on', async () => {
    const first = await startIdle(stage);
    const { taskId } = await first.submit({ role, prompt: 'work' });
    await taskIs(first, taskId, 'running');
    await hook(first, 'UserPromptSubmit', { prompt: 'work', prompt_id: 'prompt-1' });
    const before = first.slot(slotId);
    await stage.kill9();
    ageSnapshots();
    const second = await stage.start();
    await untilSlot(second, 'live');
    const { epoch, pid, sessionId, startedAt } = before;
    expect(second.slot(slotId)).toMatchObject({ epoch, pid, sessionId, startedAt, currentTaskId: taskId });
    await hook(second, 'Stop', { prompt_id: 'prompt-1', last_assistant_message: 'all is well' });
    await taskIs(second, taskId, 'done');
    expect(second.task(taskId).result).toBe('all is well');
    expect(stage.fake.alive()).toHaveLength(1);
  });

  test('a prompt that was on its way is delivered', async () => {
    const never = () => new Promise<never>(() => {});
    const keys = {
      queue: never,
      command: never,
      choose: never,
      dismiss: never,
      interrupt: never,
      passThrough: never,
    };
    const first = await stage.start({ keyboard: () => ({ ...keys, deliver: never }) });
    await first.spawn(slotId, {});
    await becomesReady(first, stage);
    const { taskId } = await first.submit({ role, prompt: 'work' });
    await taskIs(first, taskId, 'delivering');
    await stage.kill9();
    ageSnapshots();
    const second = await stage.start();
    await taskIs(second, taskId, 'running');
    expect(stage.fake.alive()).toHaveLength(1);
  });

  test('a task whose terminal has gone goes on in the next session of its slot', async () => {
    const first = await startIdle(stage);
    const { taskId } = await first.submit({ role, prompt: 'work' });
    await taskIs(first, taskId, 'running');
    await hook(first, 'UserPromptSubmit', { prompt: 'work' });
    await stage.kill9();
    ageSnapshots();
    await stage.fake.host.shutdown(0);
    const second = await stage.start();
    await untilSlot(second, 'live');
    await becomesReady(second, stage);
    await until(second, 'delivered again', () => second.task(taskId).attempts?.length === 2);
    await taskIs(second, taskId, 'running');
    expect(second.task(taskId).attempts?.[0]).toMatchObject({ outcome: 'lost', errorCode: 'session_exited' });
  });
});

describe('a daemon that was killed while it started a slot', () => {
  /** The host has started the program, and the daemon never hears of it. */
  async function killedWhileLaunching(): Promise<void> {
    let reached: () => void = () => {};
    const spawned = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const first = await stage.start({
      host: {
        async spawn(spec) {
          await stage.fake.host.spawn(spec);
          reached();
          return new Promise(() => {});
        },
      },
    });
    first.spawn(slotId, {}).catch(() => undefined);
    await spawned;
    // The journal writes at the end of the tick.
    await setImmediate();
    await setImmediate();
    await stage.kill9();
  }

  test('finds a program that rests at its prompt, and looks at it although it draws nothing', async () => {
    await killedWhileLaunching();
    const [terminal] = stage.fake.alive();
    const second = await stage.start();
    await untilSlot(second, 'live', 'idle');
    expect(second.slot(slotId)).toMatchObject({ epoch: terminal?.epoch, pid: terminal?.pid });
  });

  test('says that the program has ended, puts its terminal away, and starts another', async () => {
    await killedWhileLaunching();
    for (const { epoch } of stage.fake.alive()) stage.fake.end(epoch, { code: 7 });
    const second = await stage.start();
    await untilSlot(second, 'stopped');
    expect(second.slot(slotId).failure).toContain('code 7');
    expect(stage.fake.held()).toEqual([]);
    expect((await second.spawn(slotId, {})).status).toBe('live');
  });
});

test('a program that ends before the host has told that it runs is not taken for a live one', async () => {
  const mission = await stage.start({
    host: {
      async spawn(spec) {
        const spawned = await stage.fake.host.spawn(spec);
        stage.fake.end(spec.epoch, { code: 3 });
        return spawned;
      },
    },
  });
  await expect(mission.spawn(slotId, {})).rejects.toThrow('code 3');
  expect(stage.fake.held()).toEqual([]);
});

test('what a session did is written down once, however often the daemon comes back', async () => {
  const history = (): unknown[] =>
    stage.database().raw.prepare('select at, "from", "to" from transitions order by id').all();
  await startIdle(stage);
  await stage.kill9();
  const before = history();
  expect(before).not.toEqual([]);
  for (let restart = 0; restart < 2; restart += 1) {
    const mission = await stage.start();
    stage.fake.show(slotId, idleReading({ title: `after restart ${restart}` }));
    await untilSlot(mission, 'live', 'idle');
    await stage.kill9();
  }
  expect(history()).toEqual(before);
});

test('a program that ends while the daemon comes back is heard', async () => {
  await startIdle(stage);
  await stage.kill9();
  const second = await stage.start({
    host: {
      async list() {
        const held = await stage.fake.host.list();
        for (const { epoch, exit } of held) if (exit === null) stage.fake.end(epoch, { code: 9 });
        return held;
      },
    },
  });
  await untilSlot(second, 'stopped');
  expect(second.slot(slotId).failure).toContain('code 9');
});

test('a task whose slot is no longer configured fails, and the inbox says so', async () => {
  const first = await startIdle(stage);
  const { taskId } = await first.submit({ role, prompt: 'work' });
  await taskIs(first, taskId, 'running');
  await stage.kill9();
  const second = await stage.start({ slots: [slotOf({ id: SlotId.parse('coder-2') })] });
  expect(second.task(taskId)).toMatchObject({ status: 'failed' });
  expect(second.inbox({ unreadOnly: true, limit: 5 })).toMatchObject([
    { taskId, content: expect.stringContaining('Submit it again') },
  ]);
});

test('a task whose slot is in slots.yaml no more waits, and says for what', async () => {
  const gone = SlotId.parse('coder-9');
  const first = await stage.start({ slots: [slotOf(), slotOf({ id: gone })] });
  const { taskId } = await first.submit({ slotId: gone, prompt: 'for that one' });
  await stage.kill9();
  const second = await stage.start();
  expect(second.task(taskId)).toMatchObject({
    status: 'queued',
    waitsBecause: expect.stringMatching(/^No slot coder-9 is in slots\.yaml any more\./),
  });
});
