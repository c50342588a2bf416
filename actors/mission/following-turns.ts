import type { SlotId } from '../../db/ids.ts';
import type { TaskEvent } from '../../machines/task-events.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { Journal } from '../journal.ts';
import type { SessionReports } from '../session-reports.ts';
import { isResting } from '../slot-view.ts';
import { blockedBy } from '../stuck/blocked.ts';
import type { Transcripts } from '../transcripts.ts';
import { createTurns, type Turns } from '../turns.ts';
import type { MissionDependencies } from './mission-dependencies.ts';

export interface FollowingTurnsDependencies {
  readonly core: MissionCore;
  readonly dependencies: Pick<MissionDependencies, 'sameWords' | 'redact'>;
  readonly transcripts: Transcripts;
  readonly reports: Pick<SessionReports, 'turnEnded'>;
  readonly journal: () => Pick<Journal, 'enqueue'>;
  /** Why a task goes on although its turn has ended. */
  readonly leftOpen: (task: TaskRow, slotId: SlotId) => TaskEvent | null;
  readonly report: (where: string) => (error: unknown) => void;
}

/** What joins the turns of this mission's sessions with its tasks. */
export function followTurns({
  core,
  dependencies,
  transcripts,
  reports,
  journal,
  leftOpen,
  report,
}: FollowingTurnsDependencies): Turns {
  return createTurns({
    tasks: core.tasks,
    slots: core.slots,
    now: core.now,
    sameWords: dependencies.sameWords,
    transcripts,
    send: core.sendToTask,
    writeLater: (write) => journal().enqueue(write),
    blockedBy: (task, slotId, words) => blockedBy(core, task, slotId, words),
    leftOpen,
    isResting: (slotId) => {
      const snapshot = core.slotSnapshot(slotId);
      return snapshot !== undefined && isResting(snapshot);
    },
    told: reports.turnEnded,
    redact: dependencies.redact,
    onError: report('a silent turn could not be judged'),
  });
}
