import type { SnapshotFrom } from 'xstate';
import type { memoryJobMachine } from '../../machines/memory-job.ts';
import type { MemoryJobLedger, MemoryJobRow } from '../../services/ledger/memory-job-ledger.ts';
import type { Bus } from '../bus.ts';
import { persisted, type Recorder, SNAPSHOT_VERSION } from '../journal.ts';
import { memoryJobView } from './memory-views.ts';

/** With what the names of job actors begin. */
export const JOB_ACTOR = 'memoryJob:';

type JobSnapshot = SnapshotFrom<typeof memoryJobMachine>;

const isOver = (status: MemoryJobRow['status']): boolean => status === 'done' || status === 'failed';

/** The row and the event of the memory's jobs. */
export function memoryRecorder({
  jobs,
  bus,
  now,
}: {
  readonly jobs: MemoryJobLedger;
  readonly bus: Pick<Bus, 'publish'>;
  readonly now: () => number;
}): Recorder {
  return {
    idPrefix: JOB_ACTOR,
    write(actorRef) {
      const snapshot: JobSnapshot = actorRef.getSnapshot();
      // One that was let go of is written as it stood.
      if (snapshot.status === 'stopped') return;
      const { jobId, attempt, pauseMs, failure } = snapshot.context;
      const before = jobs.get(jobId);
      // That it is done was written with what it has stored.
      if (before === undefined || isOver(before.status)) return;
      const status = snapshot.status === 'error' ? 'failed' : snapshot.value;
      jobs.update(jobId, {
        status,
        attempt,
        notBefore: status === 'pending' && pauseMs > 0 ? now() + pauseMs : null,
        errorCode: failure?.code ?? null,
        error: failure === null ? null : [failure.message, failure.remedy].filter(Boolean).join(' '),
        startedAt: before.startedAt ?? (status === 'pending' ? null : now()),
        finishedAt: isOver(status) ? now() : null,
        // What has ended is not gone on with.
        snapshot: isOver(status) ? null : persisted(actorRef),
        snapshotVersion: SNAPSHOT_VERSION,
      });
    },
    publish(actorRef) {
      const snapshot: JobSnapshot = actorRef.getSnapshot();
      const row = jobs.get(snapshot.context.jobId);
      if (row !== undefined) bus.publish({ type: 'memory_job_changed', at: now(), job: memoryJobView(row) });
    },
  };
}
