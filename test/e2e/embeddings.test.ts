import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCli } from '../server/cli/run-cli.ts';
import { startOpenAiStub } from '../services/router/openai-stub.ts';
import { createWorld, type Daemon, type World } from './world.ts';

const WAIT = { timeout: 30_000, interval: 100 };
const ABOUT_TIME = /midnight|at what hour/;

const UNSPEAKABLE = /unspeakable/;

let world: World;
let isStrict = true;
let stub: Awaited<ReturnType<typeof startOpenAiStub>>;
beforeAll(async () => {
  stub = await startOpenAiStub(({ input }) =>
    isStrict && input.some((text) => UNSPEAKABLE.test(text))
      ? { status: 413, message: 'too many tokens' }
      : {
          vectors: input.map((text) => (ABOUT_TIME.test(text) ? [1, 0.1, -0.2, 0.1] : [-0.2, 1, 0.1, -0.1])),
        },
  );
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
      expect((await first.client.kbQueueStatus({})).embeddings).toMatchObject({
        backend: 'local',
        model: 'embedder',
        waiting: 0,
        embedded: 2,
        refused: 0,
      }),
    WAIT,
  );
  await found(first);
  await first.kill9();

  const second = await world.start();
  await found(second);
  const sent = stub.requests().flatMap(({ input }) => input);
  expect(sent.filter((text) => text.startsWith('infra: '))).toHaveLength(2);
  await second.kill9();
});

test('a person is told who embeds, what was refused and why, and has it tried again', async () => {
  const daemon = await world.start();
  const cli = async (...words: string[]) => {
    const { out, err } = await runCli([...words, '--home', world.home]);
    return out + err;
  };
  await daemon.client.kbRemember({
    category: 'infra',
    key: 'long',
    // So long that a shorter beginning of it is tried at once, and refused as well.
    summary: `unspeakable ${'words of it '.repeat(170)}`,
    detail: { more: 'and so on '.repeat(200) },
  });
  await vi.waitFor(
    async () =>
      expect((await daemon.client.kbQueueStatus({})).embeddings).toMatchObject({
        embedded: 2,
        refused: 1,
        givenUp: [{ category: 'infra', key: 'long', because: expect.stringContaining('too many tokens') }],
      }),
    WAIT,
  );
  expect(await cli('embeddings')).toMatch(
    /^embedder at local: 2 entries are embedded, 0 wait, 1 refused\.\n {2}\[infra\] long: .*too many tokens/,
  );
  expect(await cli('doctor')).toMatch(/warn +embeddings +embedder at local: 2 entries .* 1 refused\./);
  isStrict = false;
  expect(await cli('embeddings', 'retry')).toBe('1 are tried again.\n');
  await vi.waitFor(
    async () => expect(await cli('embeddings')).toContain('3 entries are embedded, 0 wait, 0 refused.'),
    WAIT,
  );
  expect(await cli('doctor')).toMatch(/ok +embeddings +embedder at local: 3 entries/);
  expect(await cli('embeddings', 'dance')).toContain('Usage: missiond embeddings status | retry');
});
