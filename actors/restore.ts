import { createActor, type Snapshot } from 'xstate';
import { z } from 'zod';
import { type missionMachine, type SlotKey, slotActorId, taskActorId } from '../machines/mission.ts';
import { slotMachine } from '../machines/slot.ts';
import { taskMachine } from '../machines/task.ts';
import type { SlotRow } from '../services/ledger/slot-ledger.ts';
import type { PtyInfo } from '../services/pty/pty-host.ts';
import type { MissionCore } from './core.ts';
import { withHandOver } from './hand-over/rebuild-hand-over.ts';
import { lookAtScreen } from './look-at-screen.ts';
import { failTask } from './mission/fail-task.ts';
import { rebuildSlot, rebuildTask } from './rebuild.ts';
import { heldPlan, type SlotSnapshot } from './slot-view.ts';
import { usable } from './usable-snapshot.ts';

interface RestoredChild {
  readonly snapshot: Snapshot<unknown>;
  readonly src: 'slot' | 'task';
  readonly systemId: string;
  readonly syncSnapshot: false;
}

/** Of a slot that nothing is known of, or nothing that this version understands. That somebody had killed it still counts. */
function freshSlot(key: SlotKey, row: SlotRow | undefined): Snapshot<unknown> {
  const killedAt = row?.desired === 'stopped' ? row.updatedAt : null;
  return createActor(slotMachine, { input: { ...key, killedAt } }).getPersistedSnapshot();
}

function restoredSlots(core: MissionCore): {
  readonly keys: SlotKey[];
  readonly children: Record<string, RestoredChild>;
} {
  const keys: SlotKey[] = [];
  const children: Record<string, RestoredChild> = {};
  for (const { configuration } of core.runtimes.values()) {
    const key = { slotId: configuration.id, role: configuration.role };
    const row = core.slots.get(key.slotId);
    const snapshot =
      (row === undefined || row.role !== key.role
        ? null
        : usable(row.snapshot, row.snapshotVersion, slotMachine)) ??
      withHandOver(rebuildSlot(core, key) ?? freshSlot(key, row), key.slotId, row?.snapshot);
    const id = slotActorId(key.slotId);
    keys.push(key);
    children[id] = { snapshot, src: 'slot', systemId: id, syncSnapshot: false };
  }
  return { keys, children };
}

function restoredTasks(core: MissionCore): Record<string, RestoredChild> {
  const children: Record<string, RestoredChild> = {};
  for (const row of core.tasks.begun()) {
    const snapshot = usable(row.snapshot, row.snapshotVersion, taskMachine) ?? rebuildTask(core, row);
    if (snapshot === null || row.slotId === null || !core.runtimes.has(row.slotId)) {
      failTask(
        core,
        row.id,
        'The daemon could not take this task up again after its restart. Submit it again.',
      );
      continue;
    }
    const id = taskActorId(row.id);
    children[id] = { snapshot, src: 'task', systemId: id, syncSnapshot: false };
    // An agent that checks its result may be in its own slot.
    if (row.waitingFor !== 'check' || row.verify?.role === undefined) core.occupied.set(row.slotId, row.id);
  }
  return children;
}

/**
 * The root's snapshot, put together from the rows of its children. Invoked actors run again by themselves, `after`
 * timers do not: every restored actor is told afterwards (`announceRestored`) and looks at the world first.
 */
export function restoreRoot(core: MissionCore, machine: typeof missionMachine): Snapshot<unknown> {
  const { keys, children } = restoredSlots(core);
  const fresh = z
    .looseObject({ status: z.literal('active'), context: z.looseObject({}), children: z.looseObject({}) })
    .parse(createActor(machine).getPersistedSnapshot());
  const root = {
    ...fresh,
    output: undefined,
    error: undefined,
    context: { ...fresh.context, slots: keys },
    children: { ...fresh.children, ...children, ...restoredTasks(core) },
  };
  return root;
}

/** Tells every restored actor what has become of its terminal, and shows each session its screen as it stands now. */
export async function announceRestored(core: MissionCore, held: readonly PtyInfo[]): Promise<void> {
  for (const { configuration } of core.runtimes.values()) {
    const snapshot: SlotSnapshot | undefined = core.slotSnapshot(configuration.id);
    const plan = heldPlan(snapshot);
    const terminal = held.find(({ epoch }) => epoch === plan?.epoch);
    const at = core.now();
    core.sendToSlot(configuration.id, { type: 'slot.restored', alive: terminal !== undefined, at });
    // Only a live slot has a session that looks; the terminal of one that is being ended can go at any moment.
    if (terminal === undefined || snapshot?.value !== 'live') continue;
    if (terminal.exit !== null) {
      core.sendToSlot(configuration.id, { type: 'terminal.exited', epoch: terminal.epoch, ...terminal.exit });
      continue;
    }
    await lookAtScreen(core, configuration.id, terminal.epoch);
  }
  for (const taskId of core.occupied.values())
    core.sendToTask(taskId, { type: 'task.restored', at: core.now() });
}
