import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { Role, type SlotId } from '../../../db/ids.ts';
import { slotOf, until } from '../mission-stage.ts';
import { type AgentsStage, createAgentsStage, named, never, shop } from './agents-stage.ts';

const MINUTE = 60_000;
const person = { kind: 'person' } as const;

let team: AgentsStage;
let clock: number;
beforeEach(() => {
  team = createAgentsStage();
  clock = Date.now();
});
afterEach(() => team.close());

/** Supervisors last, and are reminded of work after ten minutes; others are made for a task. */
const lasting = {
  now: () => clock,
  lengthOf: async () => 10,
  agentRoleFacts: (_: string, role: Role) => ({
    persistence: role === 'supervisor' ? ('persistent' as const) : ('ephemeral' as const),
  }),
  agentSlotOf: ({ slotId, role, worktree }: { slotId: SlotId; role: Role; worktree: string }) =>
    slotOf({ id: slotId, role, cwd: worktree, resumes: true, nudge: { afterMinutes: 10 } }),
};

async function supervisor(mission: RunningMission, name: string): Promise<SlotId> {
  const role = Role.parse('supervisor');
  const { worker } = await team.work(mission, { task: undefined, role, name: named(name) });
  return worker.slotId;
}
const write = (mission: RunningMission, slotId: SlotId, body: string) =>
  mission.messages.send({ to: slotId, body }, person)[0];
/** It is given what was written to it, once. */
async function reads(mission: RunningMission, slotId: SlotId, body: string): Promise<void> {
  await team.stands(mission, slotId);
  await until(mission, `${body} typed`, () => team.typed.some((prompt) => prompt.includes(body)));
  const prompt = team.typed.find((one) => one.includes(body)) ?? '';
  await team.begins(mission, slotId, prompt);
  await team.ends(mission, slotId, 'thanks');
  await until(mission, 'answered', () => mission.slot(slotId).currentTaskId === undefined);
  expect(team.typed.filter((one) => one.includes(body))).toHaveLength(1);
}

test('is started by what is written to it, comes back with the daemon, and when it was woken by the next message', async () => {
  const mission = await team.startWithShop(lasting);
  const slotId = await supervisor(mission, 'lead');
  expect(mission.slot(slotId).status).toBe('stopped');
  write(mission, slotId, 'm-1');
  await reads(mission, slotId, 'm-1');
  const { sessionId } = mission.slot(slotId);

  await team.stage.down();
  const second = await team.stage.start(lasting);
  await team.stands(second, slotId);
  expect(second.slot(slotId).sessionId).toBe(sessionId);

  second.workers.hibernate({ repository: shop }, 'test');
  await until(second, 'closed', () => second.slots().every((slot) => slot.slotId !== slotId));
  await second.workers.wake({ repository: shop }, never);
  write(second, slotId, 'm-2');
  await reads(second, slotId, 'm-2');
  expect(second.slot(slotId).sessionId).toBe(sessionId);
});

test('is left alone when a person has ended it or put it aside; and one that works for a task is not started by mail', async () => {
  let mission = await team.startWithShop(lasting);
  const killed = await supervisor(mission, 'killed');
  const aside = await supervisor(mission, 'aside');
  const control = await supervisor(mission, 'control');
  const { worker } = await team.work(mission, { task: undefined });
  await mission.spawn(killed, {});
  await mission.kill(killed, 'person');
  mission.pauses.pause({ slotId: aside }, { by: 'person' });
  await team.stage.down();
  mission = await team.stage.start(lasting);
  for (const slotId of [killed, aside, worker.slotId, control]) write(mission, slotId, `m-${slotId}`);
  await reads(mission, control, `m-${control}`);
  for (const slotId of [killed, aside, worker.slotId]) expect(mission.slot(slotId).status).toBe('stopped');

  mission.pauses.wake({ slotId: aside });
  await reads(mission, aside, `m-${aside}`);
  await mission.restart(killed, 'person');
  await reads(mission, killed, `m-${killed}`);
});

test('is started for work that waits when it would be reminded of it, and not before', async () => {
  const mission = await team.startWithShop(lasting);
  const slotId = await supervisor(mission, 'lead');
  const { id } = mission.board.create({ title: 'mend it' }, 'cli');
  mission.board.claim(id, { executorId: slotId, executorType: 'pty_slot', takeOver: false });
  const idleSince = () =>
    JSON.stringify(
      team.stage.database().raw.prepare('select snapshot from nudges where slot_id = ?').get(slotId),
    );
  await expect.poll(idleSince, { timeout: 30_000 }).toMatch(/idleSince\\?":\d/);
  expect(mission.slot(slotId).status).toBe('stopped');
  clock += 10 * MINUTE;
  await reads(mission, slotId, id);
});

test('that cannot be started is tried with pauses, and is in quarantine after five times', async () => {
  const starts: number[] = [];
  const mission = await team.startWithShop({
    ...lasting,
    async prepare() {
      starts.push(clock);
      throw new Error('there is no such program');
    },
  });
  const slotId = await supervisor(mission, 'lead');
  write(mission, slotId, 'm-1');
  for (let tries = 1; tries <= 5; tries += 1) {
    await until(
      mission,
      `try ${tries}`,
      () => starts.length === tries && mission.slot(slotId).failure !== undefined,
    );
    clock += MINUTE;
  }
  await until(mission, 'quarantined', () => mission.slot(slotId).status === 'quarantined');
  expect(starts.map((at, index) => at - (starts[index - 1] ?? at))).toEqual([
    0,
    MINUTE,
    MINUTE,
    MINUTE,
    MINUTE,
  ]);
});
