import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { StubReply, StubRequest } from '../../services/router/openai-stub.ts';
import {
  createMeaningStage,
  type Meaning,
  type MeaningStage,
  understands,
  untilHybrid,
  WAIT,
} from './meaning-stage.ts';

const HOUR_MS = 60 * 60_000;

let world: MeaningStage;
let time: number;
beforeEach(async () => {
  time = Date.now();
  world = await createMeaningStage();
});
afterEach(() => world.close());

const now = (): number => time;

/** A backend that refuses a whole request for one word in it. */
const refuses =
  (word: string) =>
  (request: StubRequest): StubReply =>
    request.input.some((text) => text.includes(word))
      ? { status: 400, message: 'not these words' }
      : understands(request);

/** How often words were sent alone. */
const triedAlone = (word: string): number =>
  world.stub.requests().filter(({ input: [only, second] }) => second === undefined && only?.includes(word))
    .length;

/** Lets the hours pass behind which it is tried again, until it is not. */
const untilGivenUp = (meaning: Meaning) =>
  vi.waitFor(() => {
    time += 3 * HOUR_MS;
    expect(meaning.knowledge.embeddings()).toMatchObject({ waiting: 0, refused: 1 });
  }, WAIT);

test('an entry that the backend refuses keeps none of the others back, and is soon found to be the one', async () => {
  world.answers(refuses('unspeakable'));
  const stage = world.begin({ now });
  for (let number = 0; number < 40; number += 1)
    stage.learn(`n-${number}`, number === 7 ? 'unspeakable' : `Tabs, the ${number}th time`);
  stage.learn('db', 'All is kept in Postgres 16');
  await vi.waitFor(
    () => expect(stage.knowledge.embeddings()).toMatchObject({ waiting: 1, embedded: 40, refused: 0 }),
    WAIT,
  );
  expect(await untilHybrid(stage, 'where do rows live')).toEqual(['db']);
  expect(triedAlone('unspeakable')).toBe(1);
  // Asked for half by half, not one by one.
  expect(world.stub.requests().length).toBeLessThan(30);
});

test('what is always refused is tried no more, over restarts too, and is told of with what was said', async () => {
  world.answers(refuses('unspeakable'));
  const first = world.begin({ now });
  first.learn('bad', 'unspeakable');
  await untilGivenUp(first);
  expect(first.knowledge.embeddings()).toMatchObject({
    backend: 'stub',
    model: 'embedder',
    givenUp: [{ category: 'project', key: 'bad', because: expect.stringContaining('not these words') }],
  });
  const tries = triedAlone('unspeakable');
  expect(tries).toBe(4);
  await first.close();

  const second = world.begin({ now });
  time += 100 * HOUR_MS;
  second.learn('db', 'All is kept in Postgres 16');
  await vi.waitFor(
    () => expect(second.knowledge.embeddings()).toMatchObject({ waiting: 0, embedded: 1, refused: 1 }),
    WAIT,
  );
  expect(triedAlone('unspeakable')).toBe(tries);
});

test('what was given up is tried again when its words change, and when it is asked for', async () => {
  world.answers(refuses('unspeakable'));
  const stage = world.begin({ now });
  stage.learn('bad', 'unspeakable');
  await untilGivenUp(stage);
  stage.learn('bad', 'Deploy it with care');
  await vi.waitFor(
    () => expect(stage.knowledge.embeddings()).toMatchObject({ waiting: 0, embedded: 1, refused: 0 }),
    WAIT,
  );
  stage.learn('bad', 'unspeakable, too');
  await untilGivenUp(stage);
  world.answers(understands);
  expect(stage.knowledge.embedAnew()).toBe(1);
  await vi.waitFor(
    () => expect(stage.knowledge.embeddings()).toMatchObject({ waiting: 0, embedded: 1, refused: 0 }),
    WAIT,
  );
});

test('what one model has refused, another one is asked', async () => {
  world.answers(refuses('unspeakable'));
  const first = world.begin({ now });
  first.learn('bad', 'unspeakable');
  await untilGivenUp(first);
  await first.close();
  world.answers((request) => (request.model === 'newer' ? understands(request) : { status: 400 }));
  const second = world.begin({ now, model: 'newer' });
  await vi.waitFor(
    () => expect(second.knowledge.embeddings()).toMatchObject({ waiting: 0, embedded: 1, refused: 0 }),
    WAIT,
  );
});

test('what is too long for a model is found by its beginning', async () => {
  world.answers((request) =>
    request.input.some((text) => text.length > 1_000)
      ? { status: 413, message: 'too many tokens' }
      : understands(request),
  );
  const stage = world.begin({ now });
  stage.learn('db', `All is kept in Postgres 16. ${'It is. '.repeat(600)}`);
  stage.learn('style', 'Tabs, four columns');
  // No time passes for it.
  await stage.allEmbedded();
  expect(stage.knowledge.embeddings()).toMatchObject({ embedded: 2, refused: 0 });
  expect(await untilHybrid(stage, 'where do rows live')).toEqual(['db']);
});

test.each([
  ['is down', { status: 503 }],
  ['lets nobody in', { status: 401 }],
  ['has had too much', { status: 429 }],
] as const)('nothing is given up because the backend %s', async (_, reply) => {
  world.answers(() => reply);
  const stage = world.begin({ now });
  stage.learn('db', 'All is kept in Postgres 16');
  await vi.waitFor(() => {
    time += 3 * HOUR_MS;
    expect(triedAlone('Postgres')).toBeGreaterThan(1);
  }, WAIT);
  expect(stage.knowledge.embeddings()).toMatchObject({ waiting: 1, refused: 0 });
  expect(stage.database.raw.prepare('select attempts from knowledge_to_embed').get()).toEqual({
    attempts: 0,
  });
  await stage.close();
  world.answers(understands);
  // The pauses behind failures begin anew with it.
  const later = world.begin({ now });
  await later.allEmbedded();
  expect(later.knowledge.embeddings()).toMatchObject({ embedded: 1, refused: 0 });
});

test('a clock that was ahead keeps nothing waiting for good', async () => {
  world.answers(refuses('unspeakable'));
  time += 1_000 * HOUR_MS;
  const stage = world.begin({ now });
  stage.learn('bad', 'unspeakable');
  await vi.waitFor(
    () =>
      expect(stage.database.raw.prepare('select attempts from knowledge_to_embed').get()).toEqual({
        attempts: 1,
      }),
    WAIT,
  );
  world.answers(understands);
  time -= 1_000 * HOUR_MS;
  await stage.allEmbedded();
  expect(stage.knowledge.embeddings()).toMatchObject({ embedded: 1 });
});
