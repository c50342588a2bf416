import Fastify, { type FastifyInstance } from 'fastify';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { registerChat } from '../../../server/chat/routes.ts';
import { idleReading } from '../../actors/fake-pty-host.ts';
import {
  createStage,
  hook,
  notingKeyboard,
  slotId,
  startIdle,
  until,
  untilSlot,
} from '../../actors/mission-stage.ts';

let stage: ReturnType<typeof createStage>;
let mission: RunningMission;
let app: FastifyInstance;
let client: OpenAI;
let typed: string[];
beforeEach(async () => {
  typed = [];
  stage = createStage({
    keyboard: () =>
      notingKeyboard(typed, {
        async interrupt() {
          stage.fake.show(slotId, idleReading());
          return { ok: true };
        },
      }),
  });
  mission = await startIdle(stage);
  app = Fastify({ forceCloseConnections: true });
  registerChat(app, { mission, callerOf: () => ({ role: 'owner' }) });
  client = new OpenAI({ apiKey: 'x', baseURL: `${await app.listen({ host: '127.0.0.1', port: 0 })}/v1` });
});
afterEach(async () => {
  await app.close();
  await stage.close();
});

const tasks = () => mission.tasks({});

/** Claude Code has taken the words that were typed. */
async function works(): Promise<void> {
  await until(mission, 'typed', () => typed.length > 0 && tasks()[0]?.status === 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1) });
  stage.fake.show(slotId, idleReading({ level: 'thinking' }));
  await untilSlot(mission, 'live', 'thinking');
}
async function answers(words: string): Promise<void> {
  await works();
  await hook(mission, 'Stop', { last_assistant_message: words });
  stage.fake.show(slotId, idleReading());
}
const HELLO = { model: 'missiond:coder', messages: [{ role: 'user', content: 'hello' }] } as const;

describe('a chat completion', () => {
  test('is the result of a task whose prompt has the words of the system before', async () => {
    const asked = client.chat.completions.create({
      model: 'coder-1',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'hello' }] },
      ],
    });
    await answers('hi');
    const { choices, id, model } = await asked;
    expect(choices.map(({ message, finish_reason }) => [message.content, finish_reason])).toEqual([
      ['hi', 'stop'],
    ]);
    expect(typed).toEqual(['Be brief.\n\nhello']);
    const [task] = tasks();
    expect([id, model, task?.submitter]).toEqual([`chatcmpl-${task?.id}`, 'coder-1', 'chat']);
    expect(mission.jarvis.trace(task?.id).steps.map(({ step }) => step)).toContain('typed');
  });

  test('of a conversation tells all of it, in order', async () => {
    const asked = client.chat.completions.create({
      model: 'missiond:coder',
      messages: [
        { role: 'user', content: 'one' },
        { role: 'assistant', content: 'two' },
        { role: 'user', content: 'three' },
      ],
    });
    await answers('four');
    expect((await asked).choices[0]?.message.content).toBe('four');
    expect(typed[0]).toMatch(/User: one\s+You: two\s+User: three$/);
  });

  test('comes as a stream, long ones whole', async () => {
    const long = 'word '.repeat(40_000).trim();
    const stream = await client.chat.completions.create({
      ...HELLO,
      messages: [...HELLO.messages],
      stream: true,
    });
    const worked = answers(long);
    const said: string[] = [];
    const finished: unknown[] = [];
    for await (const { choices } of stream) {
      said.push(choices[0]?.delta.content ?? '');
      if (choices[0]?.finish_reason != null) finished.push(choices[0].finish_reason);
    }
    await worked;
    expect([said.join(''), finished]).toEqual([long, ['stop']]);
  });

  test('that fails says so once: the client does not ask again by itself', async () => {
    const asked = client.chat.completions.create({ ...HELLO, messages: [...HELLO.messages] });
    const refused = expect(asked).rejects.toMatchObject({ status: 409, code: 'turn_failed' });
    await works();
    await hook(mission, 'StopFailure', {
      error: 'invalid_request',
      last_assistant_message: 'API Error: 400',
    });
    stage.fake.show(slotId, idleReading());
    await refused;
    expect(tasks()).toHaveLength(1);
  });

  test('whose client goes away is cancelled', async () => {
    const gone = new AbortController();
    const asked = client.chat.completions.create(
      { ...HELLO, messages: [...HELLO.messages] },
      { signal: gone.signal },
    );
    const refused = expect(asked).rejects.toThrow(/abort/i);
    await works();
    gone.abort();
    await refused;
    await until(mission, 'cancelled', () => tasks()[0]?.status === 'cancelled');
  });
});
