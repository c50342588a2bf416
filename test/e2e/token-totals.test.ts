import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createWorld, type Daemon, ended, type World } from './world.ts';

const WAIT = { timeout: 30_000, interval: 100 };
const POLICY = `default:
  allow: ["Agent(*)", "Bash(echo *)", "Bash(sleep *)"]
`;

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({
    slots: [{ id: 'coder-1', role: 'coder', description: 'codes', extra: { context: { by: 'nothing' } } }],
    permissionsYaml: POLICY,
    // No two answers use the same: one that is left out or counted twice is seen in every sum.
    usageOf: (id, input) => ({ input: input + id, output: 50 + id, cacheRead: 7 * id, cacheWrite: 3 * id }),
  });
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

async function done(prompt: string): Promise<void> {
  const { taskId } = await daemon.client.submit({ role: 'coder', prompt });
  expect(await ended(daemon.client, taskId)).toMatchObject({ status: 'done' });
}

/** What the model said of its messages. */
function reported() {
  const messages = world.model.answers().filter(({ kind }) => kind === 'message');
  const sum = (of: (usage: (typeof messages)[number]['usage']) => number): number =>
    messages.reduce((total, { usage }) => total + of(usage), 0);
  return {
    total_input: sum(({ input }) => input),
    total_cache_creation: sum(({ cacheWrite }) => cacheWrite),
    total_cache_read: sum(({ cacheRead }) => cacheRead),
    total_output: sum(({ output }) => output),
    record_count: messages.length,
  };
}
/** Resolves when the slot is seen to do this. */
const slotIs = (state: string) =>
  vi.waitFor(async () => {
    const { agents } = await daemon.client.agents({});
    expect(agents[0]?.state).toBe(state);
  }, WAIT);

test('a subagent, several blocks, retries, an interrupted answer, a crash and a compaction: tokens are those that the model reported', async () => {
  const { client, model } = { client: daemon.client, model: world.model };
  const input = {
    description: 'look',
    subagent_type: 'general-purpose',
    prompt: 'tool: Bash {"command": "echo hello"}\nthen say: seen',
  };
  await done(`tool: Agent ${JSON.stringify(input)}\nthen say: it said {result}`);
  await done('flaky: 529 2');
  await done('texts: ["one", "two", "three"]');

  const cut = await client.submit({ role: 'coder', prompt: 'slow: 300' });
  await vi.waitFor(
    async () => expect((await client.ptyScreen({ slotId: 'coder-1' })).screen).toMatch(/↓ \d+ tokens/),
    WAIT,
  );
  await client.cancel({ taskId: cut.taskId });
  await slotIs('idle');

  const killed = await client.submit({ role: 'coder', prompt: 'tool: Bash {"command": "sleep 5"}' });
  // What it had not yet written down when it was killed, nobody can count.
  await vi.waitFor(async () => {
    const { results } = await client.conversationSearch({ query: '"sleep 5"', role: 'tool_use' });
    expect(results).toHaveLength(1);
  }, WAIT);
  for (const { pid } of (await client.ptyStatus({})).slots) process.kill(pid ?? 0, 'SIGKILL');
  expect(await ended(client, killed.taskId)).toMatchObject({ status: 'done' });

  // The context is full: Claude Code sums it up before the next prompt.
  await done('usage: 995000');
  await done('usage: 1200');
  // Whatever a summary takes, Claude Code writes it nowhere.
  const kinds = model.answers().map(({ kind }) => kind);
  expect(kinds).toContain('summary');
  expect(kinds.filter((kind) => kind === 'message').length).toBeGreaterThan(10);
  await vi.waitFor(async () => {
    const { stats } = await client.tokenStats({ groupBy: 'slot' });
    expect(stats).toMatchObject([{ group_key: 'coder-1', ...reported() }]);
    // What budgets are held against is counted by another reader of the same files.
    const { all } = await client.spending({});
    expect([all.inputTokens, all.outputTokens, all.cacheReadTokens, all.cacheWriteTokens]).toEqual([
      reported().total_input,
      reported().total_output,
      reported().total_cache_read,
      reported().total_cache_creation,
    ]);
  }, WAIT);
});
