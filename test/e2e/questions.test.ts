import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { QuestionView } from '../../actors/mission/views.ts';
import { createWorld, type Daemon, ended, eventOf, SLOTS, type World } from './world.ts';

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({
    slots: [
      ...SLOTS,
      {
        id: 'stranger-1',
        role: 'stranger',
        description: 'works in a folder that nobody trusted',
        extra: { cwd: '/tmp' },
      },
    ],
  });
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

/** The next question of a slot, from now on or still open. */
function asked(
  slotId: string,
  fits: (question: QuestionView) => boolean = () => true,
): Promise<QuestionView> {
  return eventOf(daemon.client, (event) =>
    event?.type === 'question_asked' && event.question.slotId === slotId && fits(event.question)
      ? event.question
      : undefined,
  );
}

test('a question of the agent is answered by the words of an option, on the screen', async () => {
  const questions = [
    {
      question: 'Which colour?',
      header: 'Colour',
      multiSelect: false,
      options: [
        { label: 'Red', description: 'warm' },
        { label: 'Blue', description: 'cold' },
      ],
    },
  ];
  const { taskId } = await daemon.client.submit({
    role: 'coder',
    prompt: `tool: AskUserQuestion ${JSON.stringify({ questions })}`,
  });
  const question = await asked('coder-1', ({ kind }) => kind === 'question');
  expect(question).toMatchObject({ taskId, answerBy: 'screen', question: 'Which colour?' });
  expect(question.options.slice(0, 2)).toEqual(['Red', 'Blue']);
  await expect(daemon.client.ptyConfirm({ slotId: 'coder-1', response: 'Green' })).rejects.toMatchObject({
    code: 'option_unknown',
  });
  expect(await daemon.client.ptyConfirm({ slotId: 'coder-1', response: 'blue' })).toMatchObject({
    chosen: 'Blue',
  });
  const task = await ended(daemon.client, taskId);
  expect(task.status).toBe('done');
  expect(task.result).toContain('Blue');
});

test('two tools that ask at the same time are asked one after the other, and both run', async () => {
  const calls = ['twin-a.txt', 'twin-b.txt'].map((name) => [
    'Bash',
    { command: `touch ${name}`, description: 'make' },
  ]);
  const { taskId } = await daemon.client.submit({ role: 'coder', prompt: `tools: ${JSON.stringify(calls)}` });
  for (const name of ['twin-a.txt', 'twin-b.txt']) {
    await asked('coder-1', ({ argument }) => argument === `touch ${name}`);
    await daemon.client.ptyConfirm({ slotId: 'coder-1', response: true });
  }
  expect((await ended(daemon.client, taskId)).status).toBe('done');
  for (const name of ['twin-a.txt', 'twin-b.txt'])
    expect(existsSync(path.join(world.workspace('coder-1'), name))).toBe(true);
});

describe('a person at the terminal', () => {
  interface Viewer {
    readonly messages: {
      readonly type: string;
      readonly data?: string;
      readonly code?: string;
      readonly sequence?: number;
    }[];
    readonly socket: WebSocket;
    until(fits: (text: string) => boolean): Promise<void>;
    send(message: object): void;
  }

  /** Words as a person sees them: moves to the right are blanks, colours are nothing. */
  const plain = (data: string): string =>
    data.replace(/\u001b\[\d*C/g, ' ').replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');

  async function view(query = '', slotId = 'coder-1'): Promise<Viewer> {
    const socket = new WebSocket(`ws://127.0.0.1:${daemon.port}/pty/${slotId}${query}`, {
      headers: { authorization: `Bearer ${daemon.token}` },
    });
    const messages: Viewer['messages'] = [];
    let text = '';
    let look = (): void => {};
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      messages.push(message);
      text +=
        message.type === 'screen' || message.type === 'data' ? plain(message.data) : JSON.stringify(message);
      look();
    });
    return {
      socket,
      messages,
      send: (message) => socket.send(JSON.stringify(message)),
      until: (fits) =>
        new Promise((resolve) => {
          look = () => {
            if (fits(text)) resolve();
          };
          look();
        }),
    };
  }

  test('sees the screen first, then output with growing numbers, and state changes', async () => {
    const viewer = await view('?readonly=1');
    await viewer.until((text) => text.includes('Claude Code'));
    expect(viewer.messages[0]).toMatchObject({ type: 'screen' });
    const asking = daemon.client.ask({ role: 'coder', question: 'say: hello viewer' });
    await viewer.until((text) => text.includes('hello viewer') && text.includes('"thinking"'));
    await asking;
    const numbers = viewer.messages.flatMap(({ type, sequence }) =>
      type === 'data' && sequence !== undefined ? [sequence] : [],
    );
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    viewer.send({ type: 'input', data: 'x' });
    await viewer.until((text) => text.includes('not_authorised'));
    viewer.socket.close();
  });

  test('alone may trust a folder that the configuration does not: nothing is typed before', async () => {
    const { taskId } = await daemon.client.submit({ role: 'stranger', prompt: 'say: trusted now' });
    const question = await asked('stranger-1');
    expect(question.kind).toBe('trust');
    expect(question.options).toContain('No, exit');
    await expect(
      daemon.client.ptyConfirm({ slotId: 'stranger-1', response: 'Yes, I trust this folder' }),
    ).rejects.toMatchObject({ code: 'not_authorised', remedy: expect.stringContaining('trustCwd') });
    expect((await daemon.client.status({ taskId })).status).toBe('queued');
    const viewer = await view('', 'stranger-1');
    await viewer.until((text) => text.includes('No, exit'));
    viewer.send({ type: 'input', data: '\u001b[A' });
    // Only the pointer is drawn anew; the whole screen tells where it stands.
    let screen = '';
    while (!/❯ (?:\d\. )?Yes, I trust/.test(screen))
      screen = (await daemon.client.ptyScreen({ slotId: 'stranger-1' })).screen;
    viewer.send({ type: 'input', data: '\r' });
    viewer.socket.close();
    expect(await ended(daemon.client, taskId)).toMatchObject({ status: 'done', result: 'trusted now' });
  });

  test('who presses Esc at a dialog refuses it: the task fails with the reason and nothing ran', async () => {
    const { taskId } = await daemon.client.submit({
      role: 'coder',
      prompt: 'tool: Bash {"command":"touch by-hand.txt","description":"x"}',
    });
    await asked('coder-1', ({ argument }) => argument === 'touch by-hand.txt');
    const viewer = await view();
    await viewer.until((text) => text.includes('proceed?'));
    viewer.send({ type: 'input', data: '\u001b' });
    const task = await ended(daemon.client, taskId);
    expect(task).toMatchObject({ status: 'failed', errorCode: 'turn_interrupted' });
    expect(existsSync(path.join(world.workspace('coder-1'), 'by-hand.txt'))).toBe(false);
    viewer.socket.close();
  });

  test('who has a draft in the box keeps it: a message is refused and the draft stays', async () => {
    const viewer = await view();
    await viewer.until((text) => text.includes('Claude Code'));
    const since = Date.now();
    viewer.send({ type: 'input', data: 'my own words' });
    await eventOf(daemon.client, (event) =>
      event?.type === 'slot_changed' &&
      event.slot.slotId === 'coder-1' &&
      event.at >= since &&
      event.slot.composer === 'personDraft'
        ? event
        : undefined,
    );
    await expect(
      daemon.client.ptySend({ slotId: 'coder-1', message: 'say: intruder' }),
    ).rejects.toMatchObject({ code: 'composer_occupied' });
    expect((await daemon.client.ptyScreen({ slotId: 'coder-1' })).screen).toMatch(/❯\s*my own words/);
    expect(world.model.requests().some(({ prompt }) => prompt.includes('intruder'))).toBe(false);
    viewer.socket.close();
  });
});
