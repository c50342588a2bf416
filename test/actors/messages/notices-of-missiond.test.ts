import { afterEach, beforeEach, expect, test } from 'vitest';
import { FROM_MISSIOND } from '../../../actors/messages/from-missiond.ts';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { createStage, slotId } from '../mission-stage.ts';

/** As many as one sender may have waiting for one receiver. */
const MOST_WAITING = 200;
const person = { kind: 'person' } as const;
const inbox = { inbox: 'person', sent: false, unreadOnly: true, limit: 1_000 };

let stage: ReturnType<typeof createStage>;
let mission: RunningMission;
beforeEach(async () => {
  stage = createStage();
  mission = await stage.start();
});
afterEach(() => stage.close());

test('however much of missiond waits unread, what it says next is there, and so is what agents say', () => {
  for (let merge = 0; merge <= MOST_WAITING; merge += 1)
    mission.messages.send({ to: 'person', body: `Your branch ${merge} was merged.` }, FROM_MISSIOND);
  mission.messages.send({ to: 'person', body: 'hello' }, { kind: 'slot', slotId });
  const { messages, total } = mission.messages.list(inbox, person);
  expect(total).toBe(MOST_WAITING + 2);
  expect(messages.slice(0, 2).map(({ body }) => body)).toEqual([
    'hello',
    `Your branch ${MOST_WAITING} was merged.`,
  ]);
});

test('how something stands waits once, and is said again when it has been read', () => {
  const say = () =>
    mission.messages.send({ to: 'person', body: 'It waits for you.', isState: true }, FROM_MISSIOND);
  const [first] = say();
  expect(say().map(({ id }) => id)).toEqual([first?.id]);
  mission.messages.acknowledge(first?.id ?? '', person);
  const [second] = say();
  expect(second?.id).not.toBe(first?.id);
});

test('what happens twice is said twice, in whatever words', () => {
  const say = () => mission.messages.send({ to: 'person', body: 'It is done.' }, FROM_MISSIOND);
  expect(say()[0]?.id).not.toBe(say()[0]?.id);
});

test('of an agent no more wait than may, and its own words are its own however often it says them', () => {
  const say = () => mission.messages.send({ to: 'person', body: 'hello' }, { kind: 'slot', slotId });
  const ids = Array.from({ length: MOST_WAITING }, () => say()[0]?.id);
  expect(new Set(ids).size).toBe(MOST_WAITING);
  expect(say).toThrow(expect.objectContaining({ code: 'too_many' }));
});
