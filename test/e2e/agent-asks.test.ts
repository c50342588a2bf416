import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createWorld, type Daemon, ended, type World } from './world.ts';

const POLICY = `default:
  allow: ["mcp__missiond__mission_question_ask", "mcp__missiond__mission_hand_over", "mcp__missiond__mission_whoami"]
roles: {}
slots: {}
`;
const QUESTION = { question: 'Tabs or spaces?', options: ['Tabs', 'Spaces'] };
const NOTE = 'The parser is done, the printer is next.';

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({
    slots: [{ id: 'coder-1', role: 'coder', description: 'asks', extra: { mcp: true } }],
    permissionsYaml: POLICY,
    script({ prompt }) {
      const say = (text: string) =>
        ({ kind: 'blocks', blocks: [{ type: 'text', text }], wordMs: 0 }) as const;
      if (prompt.includes('The answer ('))
        return say(prompt.includes('Spaces') ? 'With spaces.' : 'With tabs.');
      return prompt.includes(NOTE) && prompt.includes('handed this task over') ? say('Printed.') : null;
    },
  });
  daemon = await world.start();
  // Claude Code offers the tools of a server once it has connected, which it does beside the first prompts.
  await vi.waitFor(
    async () => {
      const question = 'tool: mcp__missiond__mission_whoami {}';
      const { answer } = await daemon.client.ask({ role: 'coder', question });
      expect(answer).not.toContain('No such tool');
    },
    { timeout: 60_000, interval: 500 },
  );
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

const openQuestion = (): Promise<string> =>
  vi.waitFor(
    async () => {
      const [question] = (await daemon.client.questions({})).questions;
      expect(question?.question).toBe(QUESTION.question);
      return question?.id ?? '';
    },
    { timeout: 60_000, interval: 100 },
  );

async function standing() {
  const [slot] = (await daemon.client.ptyStatus({ slotId: 'coder-1' })).slots;
  return { cwd: slot?.cwd, sessionId: slot?.sessionId };
}

test('what an agent asks is answered within its turn', async () => {
  const { taskId } = await daemon.client.submit({
    role: 'coder',
    prompt: `tool: mcp__missiond__mission_question_ask ${JSON.stringify(QUESTION)}`,
  });
  const questionId = await openQuestion();
  expect((await daemon.client.status({ taskId })).waitingFor).toBe('person');
  await daemon.client.ptyConfirm({ questionId, response: 'neither, please' });
  const task = await ended(daemon.client, taskId);
  expect(task).toMatchObject({ status: 'done', result: expect.stringContaining('neither, please') });
});

test('its turn ends before the answer, the daemon is killed: the task goes on with the answer', async () => {
  const { taskId } = await daemon.client.submit({
    role: 'coder',
    prompt: `tool: mcp__missiond__mission_question_ask ${JSON.stringify({ ...QUESTION, wait: false })}`,
  });
  await vi.waitFor(
    async () => {
      const task = await daemon.client.status({ taskId });
      expect([task.waitingFor, task.attempts?.[0]?.outcome]).toEqual(['person', 'continued']);
    },
    { timeout: 60_000, interval: 100 },
  );
  const questionId = await openQuestion();
  await daemon.kill9();
  daemon = await world.start();
  expect(await openQuestion()).toBe(questionId);
  const { sessionId } = await standing();
  await daemon.client.ptyConfirm({ questionId, response: 2 });
  const task = await ended(daemon.client, taskId);
  expect(task).toMatchObject({ status: 'done', result: 'With spaces.', sessionId });
});

test('an agent hands over: the same task goes on in a fresh session, in the same folder', async () => {
  const before = await standing();
  const { taskId } = await daemon.client.submit({
    role: 'coder',
    prompt: `tool: mcp__missiond__mission_hand_over ${JSON.stringify({ note: NOTE })}`,
  });
  const task = await ended(daemon.client, taskId);
  expect(task).toMatchObject({ status: 'done', result: 'Printed.' });
  const after = await standing();
  expect(after.cwd).toBe(before.cwd);
  expect(after.sessionId).not.toBe(before.sessionId);
});
