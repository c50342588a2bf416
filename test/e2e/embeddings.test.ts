import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startOpenAiStub } from '../services/router/openai-stub.ts';
import { createWorld, type Daemon, type World } from './world.ts';

const WAIT = { timeout: 30_000, interval: 100 };
const ABOUT_TIME = /midnight|at what hour/;

let world: World;
let stub: Awaited<ReturnType<typeof startOpenAiStub>>;
beforeAll(async () => {
  stub = await startOpenAiStub(({ input }) => ({
    vectors: input.map((text) => (ABOUT_TIME.test(text) ? [1, 0.1, -0.2, 0.1] : [-0.2, 1, 0.1, -0.1])),
  }));
  world = await createWorld({ settings: { knowledge: { embeddings: { enabled: true, waitMs: 5_000 } } } });
  writeFileSync(
    path.join(world.home, 'router.yaml'),
    `backends:\n  - { name: local, type: openai, base_url: "${stub.url}", embedding_model: { name: embedder } }\n`,
  );
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
  await stub.close();
});

/** What a question finds that shares no word with any entry. */
const found = ({ client }: Daemon): Promise<void> =>
  vi.waitFor(async () => {
    const { entries, ranking } = await client.kbSearch({ query: 'at what hour' });
    expect([ranking, ...entries.map(({ key }) => key)]).toEqual(['hybrid', 'backup']);
  }, WAIT);

test('a daemon that is killed finds by meaning again, and pays for no entry twice', async () => {
  const first = await world.start();
  await first.client.kbRemember({
    category: 'infra',
    key: 'backup',
    summary: 'Backups begin after midnight',
  });
  await first.client.kbRemember({ category: 'infra', key: 'disk', summary: 'Disks hold two terabytes' });
  await vi.waitFor(
    async () =>
      expect((await first.client.kbQueueStatus({})).embeddings).toEqual({ waiting: 0, embedded: 2 }),
    WAIT,
  );
  await found(first);
  await first.kill9();

  const second = await world.start();
  await found(second);
  const sent = stub.requests().flatMap(({ input }) => input);
  expect(sent.filter((text) => text.startsWith('infra: '))).toHaveLength(2);
});
