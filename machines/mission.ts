import { assign, type ErrorActorEvent, enqueueActions, fromCallback, setup } from 'xstate';
import type { Role, SlotId, TaskId } from '../db/ids.ts';
import { type BackOff, backOffMs } from './back-off.ts';
import { failureFrom, type MachineFailure } from './failure.ts';
import { type LaunchPlan, slotMachine } from './slot.ts';
import { taskMachine } from './task.ts';
import type { TaskInput } from './task-events.ts';

/** Between the crash of an actor and its next start; long before the longest it is left alone. */
const RESPAWN: BackOff = { firstMs: 500, longestMs: 60_000 };
/** An actor that crashed so often is left alone and reported: a bug does not go away by trying. */
const MOST_CRASHES = 5;

export interface SlotKey {
  readonly slotId: SlotId;
  readonly role: Role;
}

/** A slot that is made while the mission runs; `plan`: the run that it had when it was closed. */
export interface OpenedSlot extends SlotKey {
  readonly plan?: LaunchPlan | null;
}

export interface MissionContext {
  readonly slots: readonly SlotKey[];
  /** Crashes of each slot actor since the start of the daemon. */
  readonly crashes: Readonly<Record<string, number>>;
}

export type MissionMachineEvent =
  | { readonly type: 'slot.open'; readonly slot: OpenedSlot }
  /** The slot is gone for good, or until it is opened again. Its program has ended before. */
  | { readonly type: 'slot.close'; readonly slotId: SlotId }
  | { readonly type: 'task.open'; readonly task: TaskInput }
  | { readonly type: 'task.close'; readonly taskId: TaskId }
  | { readonly type: 'slot.respawn'; readonly slot: SlotKey }
  | ErrorActorEvent<unknown, string>;

/** The name of a slot's actor: child id and system id alike. */
export const slotActorId = (slotId: SlotId): string => `slot:${slotId}`;
/** The name of a task's actor: child id and system id alike. */
export const taskActorId = (taskId: TaskId): string => `task:${taskId}`;

/**
 * The root: it supervises and decides nothing about the work itself. A child's error never takes it down;
 * what the child held is released by `release`, since a failed machine does not stop what it invoked.
 */
export const missionMachine = setup({
  types: {
    context: {} as MissionContext,
    events: {} as MissionMachineEvent,
  },
  actors: {
    slot: slotMachine,
    task: taskMachine,
    /** Matches queued tasks to idle slots whenever either changes. */
    dispatcher: fromCallback(() => {
      throw new Error('dispatcher is not provided');
    }),
  },
  actions: {
    /** Gives back what a crashed child held (its terminal) and writes down why. */
    release: (
      _,
      _params: { readonly actorId: string; readonly failure: MachineFailure; readonly willRespawn: boolean },
    ) => {},
    /** Starts a slot again that was put together after its statechart had failed, when it should run by itself. */
    respawned: (_, _params: { readonly slotId: SlotId }) => {},
  },
}).createMachine({
  id: 'mission',
  context: { slots: [], crashes: {} },
  initial: 'running',
  invoke: { src: 'dispatcher', id: 'dispatcher' },
  states: {
    running: {
      description: 'Slots and tasks live under this root.',
      on: {
        'slot.open': {
          actions: [
            assign({
              slots: ({ context, event: { slot } }) => [
                ...context.slots.filter(({ slotId }) => slotId !== slot.slotId),
                { slotId: slot.slotId, role: slot.role },
              ],
            }),
            enqueueActions(({ enqueue, event }) => {
              const id = slotActorId(event.slot.slotId);
              enqueue.spawnChild('slot', { id, systemId: id, input: event.slot });
            }),
          ],
        },
        'slot.close': {
          actions: [
            assign({
              slots: ({ context, event }) => context.slots.filter(({ slotId }) => slotId !== event.slotId),
              crashes: ({ context, event }) =>
                Object.fromEntries(
                  Object.entries(context.crashes).filter(
                    ([actorId]) => actorId !== slotActorId(event.slotId),
                  ),
                ),
            }),
            enqueueActions(({ enqueue, event }) => {
              enqueue.stopChild(slotActorId(event.slotId));
            }),
          ],
        },
        'slot.respawn': {
          // It may have been closed while it was left alone.
          guard: ({ context, event }) => context.slots.some(({ slotId }) => slotId === event.slot.slotId),
          actions: enqueueActions(({ enqueue, event }) => {
            const id = slotActorId(event.slot.slotId);
            enqueue.spawnChild('slot', { id, systemId: id, input: event.slot });
            enqueue({ type: 'respawned', params: { slotId: event.slot.slotId } });
          }),
        },
        'task.open': {
          actions: enqueueActions(({ enqueue, event }) => {
            const id = taskActorId(event.task.taskId);
            enqueue.spawnChild('task', { id, systemId: id, input: event.task });
          }),
        },
        'task.close': {
          actions: enqueueActions(({ enqueue, event }) => {
            enqueue.stopChild(taskActorId(event.taskId));
          }),
        },
        'xstate.error.actor.*': {
          actions: enqueueActions(({ context, enqueue, event }) => {
            const crashes = (context.crashes[event.actorId] ?? 0) + 1;
            const slot = context.slots.find(({ slotId }) => slotActorId(slotId) === event.actorId);
            const willRespawn = slot !== undefined && crashes < MOST_CRASHES;
            enqueue.stopChild(event.actorId);
            enqueue.assign({ crashes: { ...context.crashes, [event.actorId]: crashes } });
            enqueue({
              type: 'release',
              params: { actorId: event.actorId, failure: failureFrom(event.error), willRespawn },
            });
            if (slot !== undefined && willRespawn) {
              enqueue.raise({ type: 'slot.respawn', slot }, { delay: backOffMs(crashes, RESPAWN) });
            }
          }),
        },
      },
    },
  },
});
