import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { SwarmView } from '../../../actors/swarms/api.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';

const Called = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.unknown().optional(),
  content: z.tuple([z.looseObject({ text: z.string() })]),
});
/** Longer than any wait here takes: only a hang meets it. */
const LONG_MS = 30_000;

let doors: OpenDoors;
let client: Client;
beforeAll(async () => {
  doors = await openDoors();
  client = new Client({ name: 'orchestrator', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${doors.port}/mcp`), {
      requestInit: { headers: doors.owner },
    }),
  );
  await client.listTools();
});
afterAll(async () => {
  await client.close();
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

async function swarm(input: object): Promise<SwarmView> {
  const called = await client.callTool({ name: 'mission_cc_trigger_swarm', arguments: { ...input } });
  const { isError, content, structuredContent } = Called.parse(called);
  if (isError === true) throw new Error(content[0].text);
  return SwarmView.parse(structuredContent);
}
const statuses = ({ tasks }: SwarmView) => tasks.map(({ status }) => status);

test('work is split over slots, no more at once than was said, and gathered when all of it has ended', async () => {
  const begun = await swarm({
    tasks: ['one', 'two', 'three'],
    slotIds: ['coder-1', 'coder-2'],
    teammateCount: 2,
    timeoutMs: 0,
  });
  expect(begun).toMatchObject({ done: false, counts: { open: 2, toCome: 1 } });
  expect(begun.tasks.map(({ slotId, prompt }) => [slotId, prompt])).toEqual([
    ['coder-1', 'one'],
    ['coder-2', 'two'],
    [undefined, 'three'],
  ]);
  const { swarmId } = begun;
  const gathered = swarm({ swarmId, timeoutMs: LONG_MS });
  for (const place of [1, 0, 2]) {
    let view = await swarm({ swarmId, timeoutMs: 0 });
    while (view.tasks[place]?.taskId === undefined) view = await swarm({ swarmId, timeoutMs: 1 });
    expect(view.counts.open).toBeLessThanOrEqual(2);
    await doors.client.cancel({ taskId: view.tasks[place].taskId });
  }
  const all = await gathered;
  expect([all.done, all.counts.cancelled]).toEqual([true, 3]);
  // The third went to the slot that had become free.
  expect(all.tasks[2]?.slotId).toBe('coder-2');
});

test('the time ends the wait and not the work; who asks with its id hears the rest; cancelling ends it', async () => {
  const begun = await swarm({ tasks: ['one', 'two'], roles: ['coder'], teammateCount: 1, timeoutMs: 1 });
  expect([begun.done, statuses(begun).at(-1)]).toEqual([false, 'to_come']);
  const waiting = swarm({ swarmId: begun.swarmId, timeoutMs: LONG_MS });
  await swarm({ swarmId: begun.swarmId, cancel: true });
  const ended = await waiting;
  expect([ended.done, statuses(ended)]).toEqual([true, ['cancelled', 'refused']]);
});

test.each<[string, object, RegExp]>([
  ['nobody who does it', { tasks: ['one'] }, /input_invalid/],
  ['nothing to do', { roles: ['coder'] }, /input_invalid/],
  ['a role of nobody', { tasks: ['one'], roles: ['coder', 'nobody'] }, /role_unknown/],
  ['a slot that is not there', { tasks: ['one'], slotIds: ['nobody-1'] }, /slot_unknown/],
  ['a swarm that is not there', { swarmId: crypto.randomUUID() }, /input_invalid/],
])('%s is refused, and nothing is handed in', async (_, input, refusal) => {
  const before = (await doors.client.tasks({})).tasks.length;
  await expect(swarm(input)).rejects.toThrow(refusal);
  expect((await doors.client.tasks({})).tasks).toHaveLength(before);
});
