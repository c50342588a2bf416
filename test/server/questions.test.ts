import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
  for (const slotId of ['coder-1', 'coder-2']) await doors.client.ptySpawn({ slotId });
});
beforeEach(async () => {
  for (const { id } of (await doors.client.questions({})).questions)
    await doors.client.questionDismiss({ questionId: id });
});
afterAll(() => doors.close());

/** What the agent of a slot calls. */
async function asAgent(slotId: string, tool: string, input: object) {
  const { status, body } = await doors.tcp({
    path: `/api/tools/mission_question_${tool}`,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${doors.doorOf(slotId).token}`,
    },
    body: JSON.stringify(input),
  });
  return { status, body: JSON.parse(body) };
}
const said = async (slotId: string) =>
  (await doors.client.messageList({ limit: 200 })).messages
    .filter(({ to }) => to === `slot:${slotId}`)
    .map(({ body }) => body);
const cli = (...words: readonly string[]) => runCli(['question', ...words, '--home', doors.home]);

test('an agent puts a question and goes on; it is listed, answered, told, and kept', async () => {
  const put = await asAgent('coder-1', 'create', {
    question: 'Tabs or spaces?',
    context: 'Both are in use.',
    options: ['Tabs', 'Spaces'],
    urgency: 'high',
    expiresInMinutes: 60,
  });
  expect(put).toMatchObject({
    status: 200,
    body: { status: 'pending', slotId: 'coder-1', context: 'Both are in use.', urgency: 'high' },
  });
  const questionId = put.body.id;
  expect(put.body.expiresAt - put.body.askedAt).toBe(60 * 60_000);
  await doors.client.questionCreate({ slotId: 'coder-2', question: 'Which port?', urgency: 'low' });
  await doors.client.questionCreate({ slotId: 'coder-2', question: 'Which host?' });
  const waiting = (await doors.client.questions({})).questions;
  expect(waiting.map(({ question }) => question)).toEqual(['Tabs or spaces?', 'Which host?', 'Which port?']);
  await doors.client.questionAnswer({ questionId, answer: 'spaces' });
  expect(await said('coder-1')).toContain('You asked: Tabs or spaces?\n\nThe answer: Spaces');
  expect(await asAgent('coder-1', 'get', { questionId })).toMatchObject({
    status: 200,
    body: { status: 'answered', answer: 'Spaces' },
  });
  expect((await doors.client.questions({ status: 'answered' })).questions[0]).toMatchObject({
    id: questionId,
    answer: 'Spaces',
  });
});

test('an agent asks for itself alone, sees its own alone, and takes back its own alone', async () => {
  const { id } = await doors.client.questionCreate({ slotId: 'coder-2', question: 'A secret of coder-2?' });
  for (const [tool, input] of [
    ['create', { slotId: 'coder-2', question: 'As another?' }],
    ['get', { questionId: id }],
    ['dismiss', { questionId: id }],
    ['answer', { questionId: id, answer: 'Yes' }],
    ['list', {}],
  ] as const) {
    const { status, body } = await asAgent('coder-1', tool, input);
    expect([tool, status, JSON.stringify(body).includes('A secret')]).toEqual([tool, 403, false]);
  }
  expect(await asAgent('coder-2', 'dismiss', { questionId: id })).toMatchObject({
    status: 200,
    body: { status: 'withdrawn' },
  });
  await expect(doors.client.questionCreate({ question: 'Of nobody?' })).rejects.toMatchObject({
    code: 'input_invalid',
  });
});

test('what is for a person no program dismisses, and dismissing tells the agent', async () => {
  const put = await asAgent('coder-1', 'create', { question: 'May I delete it?', of: 'person' });
  const questionId = put.body.id;
  await expect(doors.client.questionDismiss({ questionId })).rejects.toMatchObject({ code: 'person_only' });
  const dismissed = await cli('dismiss', questionId.slice(0, 8), 'ask', 'again', 'tomorrow');
  expect(dismissed).toMatchObject({ status: 0, out: 'coder-1: its question is dismissed.\n' });
  expect(await said('coder-1')).toContain(
    'You asked: May I delete it?\n\nNobody answers this: it was dismissed. Go on as you think best. ask again tomorrow',
  );
  expect((await cli('list', '--status', 'dismissed')).out).toMatch(/coder-1 +cli +May I delete it\?/);
  expect((await cli('dismiss', questionId)).err).toContain('waits');
});

test('at the command line a question is listed, shown and answered', async () => {
  expect((await cli()).out).toBe('Nothing waits for an answer.\n');
  const { id } = await doors.client.questionCreate({
    slotId: 'coder-1',
    question: 'Tabs?',
    context: 'See the style.',
    urgency: 'high',
  });
  expect((await cli()).out).toContain('urgent: Tabs?');
  expect((await cli('show', id)).out).toContain('See the style.');
  expect((await cli('answer', id, 'no,', 'spaces')).out).toBe('coder-1: answered "no, spaces".\n');
  expect((await cli('show', id)).out).toContain('answered (cli): no, spaces');
  expect((await cli('burn', id)).status).not.toBe(0);
});
