import { randomUUID } from 'node:crypto';
import { SwarmId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { createSwarmLedger, type SwarmRow } from '../../services/ledger/swarm-ledger.ts';
import type { MissionCore } from '../core.ts';
import { untilItHolds } from '../following/until-it-holds.ts';
import type { TaskOperations } from '../mission/task-operations.ts';
import type { Swarms } from './api.ts';
import { handInNext } from './hand-in.ts';
import { showSwarm } from './show-swarm.ts';

export interface SwarmsDependencies {
  readonly core: Pick<MissionCore, 'bus' | 'now' | 'runtime' | 'runtimes'>;
  readonly db: MissionDatabase;
  readonly tasks: Pick<TaskOperations, 'enqueue' | 'cancel'>;
  readonly report: (where: string) => (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly stopping: AbortSignal;
}

export function createSwarms({ core, db, tasks, report, stopping }: SwarmsDependencies): {
  readonly operations: Swarms;
  start(): () => void;
} {
  const ledger = createSwarmLedger(db);
  let isComing = false;
  const waiting = new Set<() => void>();

  function requireRow(id: SwarmId): SwarmRow {
    const row = ledger.get(id);
    if (row !== undefined) return row;
    throw new MissionError('input_invalid', `There is no swarm ${id}.`, {
      remedy: 'Give the swarmId of an answer of mission_cc_trigger_swarm.',
    });
  }
  const look = (id: SwarmId) => showSwarm(requireRow(id), ledger.tasksOf(id));

  function goOn(swarm: SwarmRow): void {
    try {
      handInNext(swarm, { ledger, enqueue: tasks.enqueue, now: core.now });
    } catch (error) {
      report('a swarm could not go on')(error);
    }
  }
  function goOnSoon(): void {
    if (isComing) return;
    isComing = true;
    // Behind the event: whoever tells that a task has ended is not done with it.
    setImmediate(() => {
      isComing = false;
      if (stopping.aborted) return;
      for (const swarm of ledger.open()) goOn(swarm);
      for (const look of [...waiting]) look();
    });
  }

  function subscribe(listener: () => void): () => void {
    waiting.add(listener);
    return () => waiting.delete(listener);
  }

  const operations: Swarms = {
    look,

    begin({ prompts, roles, slotIds, atOnce, submitter }) {
      const known = new Set([...core.runtimes.values()].map(({ configuration }) => configuration.role));
      const unknown = roles.find((role) => !known.has(role));
      if (unknown !== undefined)
        throw new MissionError('role_unknown', `No slot has the role "${unknown}".`, {
          remedy: `Use some of: ${[...known].join(', ')}.`,
        });
      for (const slotId of slotIds) core.runtime(slotId);
      const row: SwarmRow = {
        id: SwarmId.parse(randomUUID()),
        submitter,
        prompts,
        roles,
        slotIds,
        atOnce,
        refused: {},
        createdAt: core.now(),
        endedAt: null,
      };
      ledger.insert(row);
      goOn(row);
      return row.id;
    },

    async gather(id, { waitMs, signal }) {
      requireRow(id);
      const hasEnded = (): boolean => requireRow(id).endedAt !== null;
      await untilItHolds({ subscribe }, hasEnded, { waitMs, signals: [signal, stopping] });
      return look(id);
    },

    async cancel(id) {
      const swarm = requireRow(id);
      const rows = ledger.tasksOf(id);
      const toCome = [...swarm.prompts.keys()].filter((place) => !rows.has(place));
      const refusals = toCome.map((place) => [place, swarm.refused[place] ?? 'The swarm was cancelled.']);
      ledger.update(id, { refused: { ...swarm.refused, ...Object.fromEntries(refusals) } });
      const open = [...rows.values()].filter(({ finishedAt }) => finishedAt === null);
      await Promise.all(open.map((task) => tasks.cancel(task.id)));
      goOnSoon();
      return look(id);
    },
  };

  return {
    operations,
    start() {
      goOnSoon();
      return core.bus.subscribe((event) => {
        if (event.type === 'task_changed' && event.task.finishedAt !== undefined) goOnSoon();
      });
    },
  };
}
