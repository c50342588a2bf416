import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createActor, fromCallback } from 'xstate';
import { Role, SlotId, TaskId } from '../../db/ids.ts';
import { missionMachine, slotActorId, taskActorId } from '../../machines/mission.ts';
import { createVirtualClock } from '../../services/recording/virtual-clock.ts';

const slotNamed = (id: string) => ({ slotId: SlotId.parse(id), role: Role.parse('coder') });
const FIRST = slotNamed('coder-1');
const SLOTS = [FIRST, slotNamed('coder-2')];
const TASKS = [1, 2].map((n) => TaskId.parse(`00000000-0000-4000-8000-00000000000${n}`));
/** Longer than the longest pause before a failed statechart is put together again. */
const LONG_MS = 60_000;
/** After so many failures a statechart is left alone. */
const MOST_CRASHES = 5;

const steps = fc.array(
  fc.oneof(
    fc.record({ act: fc.constant('open' as const), task: fc.constantFrom(...TASKS) }),
    fc.record({ act: fc.constant('close' as const), task: fc.constantFrom(...TASKS) }),
    fc.record({ act: fc.constant('slot fails' as const), slot: fc.constantFrom(...SLOTS) }),
    fc.record({ act: fc.constant('task fails' as const), task: fc.constantFrom(...TASKS) }),
    fc.record({ act: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 10_000 }) }),
  ),
  { maxLength: 40 },
);

/** The first slot fails so often, each time after it has come back. */
const failures = (times: number) =>
  Array.from({ length: times }, () => [
    { act: 'slot fails' as const, slot: FIRST },
    { act: 'time' as const, ms: 10_000 },
  ]).flat();

it('no child that fails takes the root or another child down, and slots come back until they failed too often', () => {
  fc.assert(
    fc.property(steps, (walk) => {
      const clock = createVirtualClock();
      const released: string[] = [];
      const machine = missionMachine.provide({
        actors: { dispatcher: fromCallback(() => () => {}) },
        actions: { release: (_, { actorId }) => released.push(actorId) },
      });
      const root = createActor(machine, { clock });
      root.start();
      const isThere = (id: string): boolean => Object.hasOwn(root.getSnapshot().children, id);
      const open = new Set<string>();
      const failed = new Map<string, number>();
      const fail = (id: string): void => {
        if (!isThere(id)) return;
        failed.set(id, (failed.get(id) ?? 0) + 1);
        root.send({ type: `xstate.error.actor.${id}`, actorId: id, error: new Error('a defect') });
        expect(isThere(id)).toBe(false);
        open.delete(id);
      };
      for (const slot of SLOTS) root.send({ type: 'slot.open', slot });
      for (const step of walk) {
        if (step.act === 'open' && !isThere(taskActorId(step.task))) {
          const waiting = { deadlineAt: null, retries: 0, retried: 0, retryBackoffMs: 0, isVerified: false };
          root.send({ type: 'task.open', task: { taskId: step.task, ...waiting } });
          open.add(taskActorId(step.task));
        }
        if (step.act === 'close') {
          root.send({ type: 'task.close', taskId: step.task });
          open.delete(taskActorId(step.task));
        }
        if (step.act === 'slot fails') fail(slotActorId(step.slot.slotId));
        if (step.act === 'task fails') fail(taskActorId(step.task));
        if (step.act === 'time') clock.moveTo(clock.now() + step.ms);
        expect(root.getSnapshot().status).toBe('active');
        expect(TASKS.map(taskActorId).filter(isThere)).toEqual(
          TASKS.map(taskActorId).filter((id) => open.has(id)),
        );
      }
      clock.moveTo(clock.now() + LONG_MS);
      for (const { slotId } of SLOTS)
        expect(isThere(slotActorId(slotId))).toBe((failed.get(slotActorId(slotId)) ?? 0) < MOST_CRASHES);
      expect(released).toHaveLength([...failed.values()].reduce((sum, count) => sum + count, 0));
      root.stop();
    }),
    { numRuns: 300, examples: [[failures(MOST_CRASHES - 1)], [failures(MOST_CRASHES)]] },
  );
});
