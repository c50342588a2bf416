import { initialTransition, type Snapshot, transition } from 'xstate';
import type { SlotKey } from '../machines/mission.ts';
import { slotMachine } from '../machines/slot.ts';
import { taskMachine } from '../machines/task.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';
import type { MissionCore } from './core.ts';
import { taskInput } from './task-input.ts';

/**
 * A slot from the columns of its row, where the snapshot is one of another version: what runs goes on running.
 * Null when nothing can run in it.
 */
export function rebuildSlot(core: MissionCore, key: SlotKey): Snapshot<unknown> | null {
  const row = core.slots.get(key.slotId);
  if (row === undefined || row.role !== key.role || row.epoch === null || row.sessionId === null) return null;
  // What was being ended, or had ended, is not taken up again.
  if (row.status !== 'live' && row.status !== 'launching') return null;
  const session = core.slots.session(row.epoch);
  const cwd = session?.cwd ?? core.runtime(key.slotId).configuration.cwd;
  const [fresh] = initialTransition(slotMachine, key);
  const [live] = transition(slotMachine, fresh, {
    type: 'slot.found',
    plan: { epoch: row.epoch, sessionId: session?.sessionId ?? row.sessionId, resume: false, cwd },
    folder: core.worktrees.byFolder(cwd)?.folder ?? null,
    pid: row.pid ?? session?.pid ?? null,
    startedAt: session?.startedAt ?? row.updatedAt,
    autoRestart: core.runtime(key.slotId).configuration.autoStart,
  });
  return slotMachine.getPersistedSnapshot(live);
}

/** A task that a session had been given, from the columns of its row. Null when they do not say which session. */
export function rebuildTask(core: MissionCore, row: TaskRow): Snapshot<unknown> | null {
  const { slotId, epoch, sessionId } = row;
  if (slotId === null || epoch === null || sessionId === null) return null;
  const delivery = core.tasks.deliveryOf(row.id, epoch);
  const [queued] = initialTransition(taskMachine, taskInput(row));
  const assignment = { slotId, epoch, sessionId };
  const attempt = core.attempts.last(row.id)?.number ?? 1;
  const given = { type: 'task.assign', assignment, attempt, at: core.now() } as const;
  const [delivering] = transition(taskMachine, queued, given);
  const arrived = delivery?.status === 'submitted' || delivery?.status === 'answered';
  if (row.status === 'delivering' && !arrived) return taskMachine.getPersistedSnapshot(delivering);
  const [running] = transition(taskMachine, delivering, {
    type: 'prompt.submitted',
    at: row.startedAt ?? delivery?.submittedAt ?? core.now(),
  });
  if (row.waitingFor !== 'check' || row.result === null) return taskMachine.getPersistedSnapshot(running);
  const answered = { type: 'turn.ended', result: row.result, at: core.now() } as const;
  const [verifying] = transition(taskMachine, running, answered);
  return taskMachine.getPersistedSnapshot(verifying);
}
