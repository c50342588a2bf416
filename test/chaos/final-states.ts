import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskView } from '../../actors/mission/views.ts';
import type { TaskId } from '../../db/ids.ts';
import { connectMission } from '../../server/client/connect-mission.ts';

export const FINAL: ReadonlySet<TaskView['status']> = new Set(['done', 'failed', 'cancelled']);
const RECONNECT_MS = 200;

/**
 * Listens to the events of one daemon after the other and keeps every final state that was told of a task. Ends with
 * the signal.
 */
export async function listenForFinalStates(
  home: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<TaskId, ReadonlySet<TaskView['status']>>> {
  const client = connectMission({ home });
  const told = new Map<TaskId, Set<TaskView['status']>>();
  while (!signal.aborted) {
    try {
      for await (const event of client.events({ signal })) {
        if (event.type !== 'task_changed' || !FINAL.has(event.task.status)) continue;
        const states = told.get(event.task.id) ?? new Set();
        told.set(event.task.id, states.add(event.task.status));
      }
    } catch {
      // No daemon just now.
    }
    await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
  }
  return told;
}
