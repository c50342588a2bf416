import { daemonLog } from '../../services/config/home.ts';
import { createEventLoopWatch } from '../../services/health/event-loop.ts';
import { createOverviewLedger } from '../../services/ledger/overview-ledger.ts';
import { createTraceLedger } from '../../services/ledger/trace-ledger.ts';
import type { MissionCore } from '../core.ts';
import { createFollowing } from '../following/create-following.ts';
import { createInfra } from '../infra/create-infra.ts';
import { createJarvis } from '../jarvis/create-jarvis.ts';
import { createAuditOperations } from '../mission/audit-operations.ts';
import type { MissionDependencies } from '../mission/mission-dependencies.ts';
import { createSlotHistory } from '../mission/slot-history.ts';
import type { TaskOperations } from '../mission/task-operations.ts';
import { createHealth } from './create-health.ts';
import { createMetrics } from './create-metrics.ts';

/** What those ask who watch over the daemon and its machines. Nothing of it changes what the team does. */
export function createWatching({
  core,
  tasks,
  dependencies: { database, daemon, infra },
  signal,
}: {
  readonly core: MissionCore;
  readonly tasks: Pick<TaskOperations, 'task'>;
  readonly dependencies: Pick<MissionDependencies, 'database' | 'daemon' | 'infra'>;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}) {
  const loop = createEventLoopWatch();
  const overview = createOverviewLedger(database.db);
  const beganAt = core.now();
  const shared = { core, raw: database.raw, overview, loop, daemon, beganAt };
  const { metrics, hookTimed } = createMetrics(shared);
  return {
    operations: {
      audit: createAuditOperations(core, tasks),
      slotHistory: createSlotHistory(database.db),
      following: createFollowing({ core, tasks, db: database.db, stopping: signal }),
      infra: createInfra(infra),
      health: createHealth(shared),
      metrics,
      jarvis: createJarvis({
        core,
        tasks,
        ledger: createTraceLedger(database.db),
        logFile: daemonLog(daemon.home),
      }),
    },
    hookTimed,
    start: loop.start,
  };
}
