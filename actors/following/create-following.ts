import type { MissionDatabase } from '../../db/open.ts';
import { createTaskEndLedger } from '../../services/ledger/task-end-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { TaskOperations } from '../mission/task-operations.ts';
import type { Following } from './api.ts';
import { createEndedTasks } from './ended-tasks.ts';
import { createTrackTask } from './track-task.ts';

export interface FollowingDependencies {
  readonly core: MissionCore;
  readonly tasks: Pick<TaskOperations, 'task'>;
  readonly db: MissionDatabase;
  /** Aborted when the daemon stops. */
  readonly stopping: AbortSignal;
}

export function createFollowing({ core, tasks, db, stopping }: FollowingDependencies): Following {
  return {
    ended: createEndedTasks({ core, ledger: createTaskEndLedger(db), stopping }),
    track: createTrackTask({ core, tasks, stopping }),
  };
}
