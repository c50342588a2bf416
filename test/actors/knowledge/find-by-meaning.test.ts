import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createKnowledgeBase } from '../../../actors/knowledge/knowledge-base.ts';
import { openDatabase } from '../../../db/open.ts';
import { openVectors } from '../../../db/open-vectors.ts';
import { KnowledgeSettingsSchema } from '../../../services/knowledge/tiers.ts';
import type { StubReply } from '../../services/router/openai-stub.ts';
import { routerOf } from '../../services/router/router-of.ts';
import {
  BY,
  createMeaningStage,
  type MeaningStage,
  meaningOf,
  understands,
  untilHybrid,
  WAIT,
} from './meaning-stage.ts';

let world: MeaningStage;
beforeEach(async () => {
  world = await createMeaningStage();
});
afterEach(() => world.close());

test('a question that shares no word with an entry finds it, within the category that is asked for', async () => {
  const stage = world.begin();
  stage.learn('db', 'All is kept in Postgres 16');
  stage.learn('style', 'Tabs, four columns');
  stage.learn('old-db', 'Postgres 9 was used before', 'archive:2020');
  await stage.allEmbedded();
  expect(await untilHybrid(stage, 'where do rows live')).toEqual(expect.arrayContaining(['db', 'old-db']));
  expect(await untilHybrid(stage, 'where do rows live')).not.toContain('style');
  expect(await untilHybrid(stage, 'where do rows live', 'archive')).toEqual(['old-db']);
  expect(await untilHybrid(stage, 'what indent width')).toEqual(['style']);
  // What is asked again is not paid for again.
  expect(world.sent().filter((text) => text === 'where do rows live')).toHaveLength(1);
});

test('who is found by words and by meaning comes first', async () => {
  const stage = world.begin();
  stage.learn('words', 'Rows of the report are blue');
  stage.learn('both', 'Rows are in Postgres');
  stage.learn('meaning', 'We use Postgres');
  await stage.allEmbedded();
  const keys = await untilHybrid(stage, 'where do rows live');
  expect(keys[0]).toBe('both');
  expect(keys).toContain('words');
  expect(keys).toContain('meaning');
});

test('credentials, addresses and secrets are sent to no model', async () => {
  const stage = world.begin();
  stage.learn('vault', 'The deploy key is in the vault', 'credential');
  stage.learn('host', 'Deploy to 10.1.2.3');
  await stage.allEmbedded();
  expect(await untilHybrid(stage, 'going live')).toEqual(['host']);
  expect(await stage.keys('password: hunter2222')).toMatchObject({ ranking: 'words' });
  await stage.keys('what is at 10.1.2.3');
  expect(world.sent().join('\n')).not.toMatch(/vault|10\.1\.2\.3|hunter2222/);
  expect(stage.knowledge.embeddings()).toMatchObject({ waiting: 0, embedded: 1, refused: 0 });
});

test.each([
  ['never answers', (): StubReply => ({ hang: true })],
  ['fails', (): StubReply => ({ status: 500 })],
])('a backend that %s leaves the words', async (_, dead) => {
  const stage = world.begin({ waitMs: 50 });
  stage.learn('db', 'All is kept in Postgres 16');
  await stage.allEmbedded();
  world.answers(dead);
  stage.learn('new', 'Postgres has rows');
  for (let times = 0; times < 5; times += 1)
    expect(await stage.keys(`rows ${times}`)).toEqual({ keys: ['new'], ranking: 'words' });
  world.answers(understands);
});

test('a daemon that ends in the middle embeds nothing twice, and leaves nothing out', async () => {
  const keys = Array.from({ length: 80 }, (_, number) => `entry-${number}`);
  world.answers((request, number) => (number > 1 ? { hang: true } : understands(request)));
  const first = world.begin();
  for (const key of keys) first.learn(key, `${key} says something of its own`);
  await vi.waitFor(() => expect(world.stub.requests()).toHaveLength(2), WAIT);
  const done = first.knowledge.embeddings()?.embedded ?? 0;
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(keys.length);
  await first.close();

  const before = world.stub.requests()[0]?.input ?? [];
  const asked = world.stub.requests().length;
  world.answers(understands);
  const second = world.begin();
  await second.allEmbedded();
  expect(second.knowledge.embeddings()).toMatchObject({ waiting: 0, embedded: keys.length, refused: 0 });
  const after = world.stub
    .requests()
    .slice(asked)
    .flatMap(({ input }) => input);
  expect(after.filter((text) => before.includes(text))).toEqual([]);
  expect(new Set([...before, ...after]).size).toBe(before.length + after.length);
  expect(before.length + after.length).toBe(keys.length);
});

test('another model embeds all anew, and is compared with its own vectors alone', async () => {
  const first = world.begin();
  for (let number = 0; number < 150; number += 1) first.learn(`n-${number}`, `Tabs, the ${number}th time`);
  first.learn('db', 'All is kept in Postgres 16');
  await first.allEmbedded();
  await first.close();
  // Of another length, too.
  world.answers(({ input }) => ({ vectors: input.map((text) => [...meaningOf(text), 1, 0, 1, 0]) }));
  const second = world.begin({ model: 'newer' });
  await vi.waitFor(
    () =>
      expect(
        second.database.raw.prepare('select space, count(*) as n from knowledge_vectors group by 1').all(),
      ).toEqual([{ space: 'newer/20', n: 151 }]),
    WAIT,
  );
  await second.allEmbedded();
  expect((await untilHybrid(second, 'where do rows live'))[0]).toBe('db');
});

test('what is forgotten is found no more and has no vector; what is changed or brought back is embedded anew', async () => {
  const stage = world.begin();
  stage.learn('db', 'All is kept in Postgres 16');
  stage.learn('style', 'Tabs, four columns');
  await stage.allEmbedded();
  expect(await untilHybrid(stage, 'where do rows live')).toEqual(['db']);
  const { batch } = stage.knowledge.forget(['db'], BY);
  expect(stage.database.raw.prepare('select count(*) as n from knowledge_vectors').get()).toEqual({ n: 1 });
  expect(await untilHybrid(stage, 'where do rows live')).toEqual([]);
  stage.knowledge.undo({ batch }, BY);
  await stage.allEmbedded();
  expect(await untilHybrid(stage, 'where do rows live')).toEqual(['db']);
  stage.learn('db', 'Deploy it with care');
  await stage.allEmbedded();
  expect(await untilHybrid(stage, 'where do rows live')).toEqual([]);
  expect(await untilHybrid(stage, 'going live')).toEqual(['db']);
});

test('an entry that is changed while it is embedded keeps waiting', async () => {
  const stage = world.begin();
  let isChanged = false;
  world.answers((request) => {
    if (!isChanged && request.input.some((text) => text.includes('Postgres'))) {
      isChanged = true;
      stage.learn('db', 'Deploy it with care');
    }
    return understands(request);
  });
  stage.learn('db', 'All is kept in Postgres 16');
  await vi.waitFor(() => expect(isChanged).toBe(true), WAIT);
  await stage.allEmbedded();
  expect(await untilHybrid(stage, 'going live')).toEqual(['db']);
  expect(await untilHybrid(stage, 'where do rows live')).toEqual([]);
});

test('where sqlite-vec is missing, words find what they find, and it is said', async () => {
  await expect(
    openVectors(path.join(world.folder, 'none.db'), () => Promise.reject(new Error('not for this platform'))),
  ).rejects.toThrow('not for this platform');
  const stage = world.begin({
    thread({ unavailable, ended }) {
      unavailable('not for this platform');
      ended(undefined);
      return { nearest: () => Promise.reject(new Error('gone')), close: () => Promise.resolve() };
    },
  });
  stage.learn('db', 'All is kept in Postgres 16');
  expect(await stage.keys('postgres')).toEqual({ keys: ['db'], ranking: 'words' });
  expect(stage.knowledge.embeddings()?.problem).toMatch(/sqlite-vec.*not for this platform/);
  // Nothing that costs money is done for what cannot be used.
  expect(world.sent()).toEqual([]);
});

test('switched off, nothing is begun and nothing is sent', async () => {
  const database = openDatabase(':memory:');
  const { knowledge, meaning } = createKnowledgeBase({
    db: database.db,
    settings: KnowledgeSettingsSchema.parse({}),
    board: { all: () => [] },
    router: routerOf(
      {
        backends: [
          { name: 'stub', type: 'openai', base_url: world.stub.url, embedding_model: { name: 'e' } },
        ],
      },
      database.db,
    ),
    probeMachine: () => Promise.reject(new Error('there is no other machine here')),
    startNeighbours: () => expect.unreachable('it is switched off'),
    now: Date.now,
    writeLater: (write) => write(),
    onError() {},
  });
  meaning.start();
  knowledge.remember({ category: 'project', key: 'db', summary: 'Postgres' }, BY);
  expect(await knowledge.find('postgres', { limit: 5 })).toMatchObject({ ranking: 'words' });
  expect(knowledge.embeddings()).toBeUndefined();
  await meaning.close();
  database.close();
  expect(world.sent()).toEqual([]);
});
