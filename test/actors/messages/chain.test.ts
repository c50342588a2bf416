import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MOST_HOPS } from '../../../actors/messages/chain.ts';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { Role, SlotId } from '../../../db/ids.ts';
import { idleReading } from '../fake-pty-host.ts';
import { createStage, hook, slotOf, taskIs, until, willingKeyboard } from '../mission-stage.ts';

const one = SlotId.parse('w-1');
const two = SlotId.parse('w-2');
let stage: ReturnType<typeof createStage>;
let mission: RunningMission;
let turns: number;

/** An agent that answers whoever writes to it, and thanks for every answer. */
async function takes(slot: SlotId, prompt: string): Promise<void> {
  turns += 1;
  const where = { prompt_id: `prompt-${turns}` };
  await hook(mission, 'UserPromptSubmit', { prompt, ...where }, slot);
  if (prompt.includes('an agent'))
    mission.messages.send(
      { to: slot === one ? two : one, body: 'thank you' },
      { kind: 'slot', slotId: slot },
    );
  await hook(mission, 'Stop', { last_assistant_message: 'thanks', ...where }, slot);
  stage.fake.show(slot, idleReading());
}

beforeEach(async () => {
  turns = 0;
  stage = createStage({
    slots: [one, two].map((id) => slotOf({ id, role: Role.parse('worker') })),
    keyboard: (_, epoch) =>
      willingKeyboard({
        async deliver(prompt, { typed }) {
          typed();
          const slot = mission.slots().find((view) => view.epoch === epoch)?.slotId ?? one;
          setImmediate(() => void takes(slot, prompt));
          return { ok: true };
        },
      }),
  });
  mission = await stage.start();
  for (const slot of [one, two]) {
    await mission.spawn(slot, {});
    stage.fake.show(slot, idleReading());
    await until(mission, `${slot} idle`, () => mission.slot(slot).state === 'idle');
    await hook(mission, 'SessionStart', { source: 'startup' }, slot);
  }
});
afterEach(() => stage.close());

const program = { kind: 'program', name: 'test' } as const;
const all = { sent: false, unreadOnly: false, limit: 100 };
const heldOnes = () => mission.messages.list(all, program).messages.filter(({ held }) => held === 'chain');
const toPerson = () => mission.messages.list({ ...all, inbox: 'person' }, program).messages;

test('two that answer each other are held after a while, and the person hears of it, once', async () => {
  mission.messages.send({ to: two, body: 'hello' }, { kind: 'slot', slotId: one });
  await until(mission, 'held', () => heldOnes().length > 0);
  expect(turns).toBe(MOST_HOPS);
  await nextTurn();
  const [held] = heldOnes();
  expect(held).toMatchObject({ status: 'pending', held: 'chain' });
  expect(toPerson().map(({ body }) => body)).toEqual([expect.stringContaining(held?.id ?? '')]);
  // It says so again, and nobody is woken or told of it once more.
  const from = held?.from === `slot:${one}` ? one : two;
  const [again] = mission.messages.send(
    { to: from === one ? two : one, body: 'and?' },
    { kind: 'slot', slotId: from },
  );
  expect(again?.held).toBe('chain');
  expect(toPerson()).toHaveLength(1);
  expect(turns).toBe(MOST_HOPS);
});

test('what is held for one that is removed is dead, and who sent it is told', async () => {
  const gone = SlotId.parse('shop.calm-fox');
  mission.runtimeSlots.open(slotOf({ id: gone, role: Role.parse('workspace') }));
  mission.messages.send({ to: two, body: 'hello' }, { kind: 'slot', slotId: one });
  await until(mission, 'held', () => heldOnes().length > 0);
  const from = heldOnes()[0]?.from === `slot:${one}` ? one : two;
  const [held] = mission.messages.send({ to: gone, body: 'and you?' }, { kind: 'slot', slotId: from });
  const look = () => mission.messages.read(held?.id ?? '', { offset: 0, limit: 10 }, program);
  expect(look()).toMatchObject({ status: 'pending', held: 'chain' });
  await mission.runtimeSlots.close(gone, 'test', { endWith: 'It has gone.' });
  await until(mission, 'dead', () => look().status === 'dead');
  const told = mission.messages.list({ ...all, inbox: `slot:${from}` }, program).messages;
  expect(told.map(({ body }) => body)).toContainEqual(
    expect.stringContaining('was not delivered: slot:shop.calm-fox is in the team no more.'),
  );
  // Those who are there still look at what waits for them.
  expect(heldOnes().at(-1)).toMatchObject({ status: 'pending' });
});

test('a task between lets them go on', async () => {
  mission.messages.send({ to: two, body: 'hello' }, { kind: 'slot', slotId: one });
  await until(mission, 'held', () => heldOnes().length > 0);
  const from = heldOnes()[0]?.from === `slot:${one}` ? one : two;
  const { taskId } = await mission.submit({ slotId: from, prompt: 'work' });
  await taskIs(mission, taskId, 'done');
  const [next] = mission.messages.send(
    { to: from === one ? two : one, body: 'done' },
    { kind: 'slot', slotId: from },
  );
  expect(next?.held).toBeUndefined();
});

test('what is held after a task is news again, although what was held before it waits unread', async () => {
  mission.messages.send({ to: two, body: 'hello' }, { kind: 'slot', slotId: one });
  await until(mission, 'held', () => heldOnes().length > 0);
  const [first] = heldOnes();
  const from = first?.from === `slot:${one}` ? one : two;
  const to = from === one ? two : one;
  const { taskId } = await mission.submit({ slotId: from, prompt: 'work' });
  await taskIs(mission, taskId, 'done');
  mission.messages.send({ to, body: 'and now?' }, { kind: 'slot', slotId: from });
  await until(mission, 'held again', () => heldOnes().length > 1);
  await nextTurn();
  const [second] = heldOnes();
  expect(second?.id).not.toBe(first?.id);
  expect(toPerson().map(({ body }) => body)).toContainEqual(expect.stringContaining(second?.id ?? ''));
});

test('words of a person to one of them let both go on, the other one as well', async () => {
  mission.messages.send({ to: two, body: 'hello' }, { kind: 'slot', slotId: one });
  await until(mission, 'held', () => heldOnes().length > 0);
  const other = heldOnes()[0]?.from === `slot:${one}` ? two : one;
  const [word] = mission.messages.send({ to: other, body: 'go on, you two' }, { kind: 'person' });
  await until(
    mission,
    'told',
    () => mission.messages.read(word?.id ?? '', { offset: 0, limit: 10 }, program).status === 'delivered',
  );
  await until(mission, 'idle', () => mission.slot(other).state === 'idle');
  const before = turns;
  mission.messages.send({ to: other === one ? two : one, body: 'well' }, { kind: 'slot', slotId: other });
  await until(mission, 'held again', () => heldOnes().length > 1);
  expect(turns - before).toBe(MOST_HOPS);
  expect(toPerson()).toHaveLength(2);
});
