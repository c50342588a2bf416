import type { MissionDatabase } from '../../db/open.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { createKnowledgeLedger } from '../../services/ledger/knowledge-ledger.ts';
import { createKnowledgeOperationLedger } from '../../services/ledger/knowledge-operation-ledger.ts';
import { createMemoryJobLedger, type MemoryJobRow } from '../../services/ledger/memory-job-ledger.ts';
import {
  createMemoryQueueLedger,
  type MarkName,
  type QueuedMessage,
} from '../../services/ledger/memory-queue-ledger.ts';
import { hours, type MemorySettings } from '../../services/memory/settings.ts';
import type { MissionCore } from '../core.ts';
import type { Journal } from '../journal.ts';
import type { KnowledgeBase } from '../knowledge/knowledge-base.ts';
import type { Memory } from './api.ts';
import { createJobMaking, MEMORY_ROLE } from './make-jobs.ts';
import { memoryJobView } from './memory-views.ts';
import { createPause } from './pause.ts';
import { pendingText, type Waiting } from './pending-text.ts';
import { createJobRunning } from './run-jobs.ts';
import { byJob, createAnswerStore } from './store-answer.ts';
import type { MemoryWorker } from './worker.ts';

/** How often it is looked whether there is anything to do. */
const LOOK_MS = 1_000;
/** A long history is taken notice of piece by piece; each holds the event loop up to some 40 ms. */
const NOTICE_MS = 250;
const RECENT = 15;
/** Of what waits so much is counted: who asks again and again must not keep the daemon from its work. */
const MOST_CONVERSATIONS_COUNTED = 200;
const MOST_COUNTED = 10_000;
const MOST_CONVERSATIONS = 10_000;
const NOTHING_WAITS: Waiting = { count: 0, isMore: false };
const DAY_MS = 24 * 60 * 60_000;
/** Jobs that ended long ago are thrown away once an hour, bit by bit. */
const TIDY_MS = 60 * 60_000;
const MOST_THROWN_AWAY = 200;
/** A plan is executed whole. */
const ALL_OPERATIONS = 1_000;

export interface MemoryDependencies {
  readonly core: Pick<MissionCore, 'bus' | 'now' | 'runtimes'>;
  readonly db: MissionDatabase;
  readonly settings: MemorySettings;
  readonly knowledge: Pick<KnowledgeBase, 'remember' | 'plans' | 'undo'>;
  readonly worker: MemoryWorker;
  /** False while the daemon finishes what it has. */
  readonly mayBegin: () => boolean;
  readonly inspect: Journal['inspect'];
  readonly onError: (error: unknown) => void;
}

/** Learns from conversations: what was said becomes jobs, workers read them, and what they answer is kept. */
export function createMemory({
  core,
  db,
  settings,
  knowledge,
  worker,
  mayBegin,
  inspect,
  onError,
}: MemoryDependencies): { readonly memory: Memory; readonly keeper: { start(): () => void; look(): void } } {
  const { now } = core;
  const sinceNow = (): number => now() - settings.historyDays * DAY_MS;
  const begin = (): void => jobs.begin({ since: sinceNow(), consolidatedAt: now() });
  const jobs = createMemoryJobLedger(db);
  const queue = createMemoryQueueLedger(db);
  const ledger = createKnowledgeLedger(db);
  const operations = createKnowledgeOperationLedger(db);
  const pause = createPause({ jobs, bus: core.bus, now, usualHours: settings.pauseHours, begin });
  const making = createJobMaking({
    jobs,
    queue,
    knowledge: ledger,
    settings,
    now,
    isOfMemory: (slotId) =>
      [...core.runtimes.values()].some(
        ({ configuration }) => configuration.id === slotId && configuration.role === MEMORY_ROLE,
      ),
  });
  const isExecuted = settings.consolidation !== false && settings.consolidation.execute;
  const running = createJobRunning({
    jobs,
    queue,
    knowledge: ledger,
    worker,
    storeAnswer: createAnswerStore({
      jobs,
      queue,
      knowledge,
      ledger,
      operations,
      now,
      executePlan: isExecuted
        ? (jobId, by) => void knowledge.plans.execute(jobId, ALL_OPERATIONS, by, jobId)
        : null,
    }),
    inspect,
    now,
    onError,
  });

  const whyNot = (): string | null =>
    settings.worker === 'off' ? 'slots.yaml says so (memory: worker: off).' : worker.unavailable();

  /** There is more to take notice of. */
  let isBehind = false;
  /** What was said is taken notice of, once the memory has begun: also while only people read it. */
  function notice(): void {
    const state = jobs.state();
    // It began by a clock that was ahead: nothing that is said would be its business until then.
    if (state !== null && state.since > now()) jobs.updateState({ since: sinceNow() });
    isBehind = state !== null && making.notice();
  }

  let tidyAt = 0;
  function tidy(): void {
    if (now() < tidyAt) return;
    const gone = jobs.throwAway(now() - settings.keepDays * DAY_MS, MOST_THROWN_AWAY);
    if (gone < MOST_THROWN_AWAY) tidyAt = now() + TIDY_MS;
  }

  function look(): void {
    guarded(tidy);
    pause.look();
    const why = whyNot();
    if (why === null && jobs.state() === null) begin();
    notice();
    if (why !== null || pause.until() !== null || !mayBegin()) return;
    making.make();
    running.begin();
  }

  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      onError(error);
    }
  }

  function waiting(mark: MarkName): Waiting {
    const since = jobs.state()?.since;
    if (since === undefined) return { count: 0, isMore: false };
    const some = queue.behind(mark, MOST_CONVERSATIONS_COUNTED + 1);
    const count = some
      .slice(0, MOST_CONVERSATIONS_COUNTED)
      .filter(making.isForMemory)
      .reduce(
        (sum, conversation) =>
          sum >= MOST_COUNTED ? sum : sum + queue.countWords(mark, conversation, since, MOST_COUNTED - sum),
        0,
      );
    return { count, isMore: some.length > MOST_CONVERSATIONS_COUNTED || count >= MOST_COUNTED };
  }

  function find(idOrPrefix: string): MemoryJobRow {
    const [row, another] = jobs.byPrefix(idOrPrefix);
    if (row !== undefined && another === undefined) return row;
    throw new MissionError(
      'memory_job_unknown',
      row === undefined ? `There is no job "${idOrPrefix}".` : `Several jobs begin with "${idOrPrefix}".`,
      { remedy: 'mission_memory_status names them.' },
    );
  }

  return {
    memory: {
      pending(limit) {
        // Who asks reads, even if nobody else does.
        if (jobs.state() === null) begin();
        notice();
        const since = jobs.state()?.since;
        const shown: QueuedMessage[] = [];
        for (const conversation of queue.behind('realtime', MOST_CONVERSATIONS)) {
          if (since === undefined || shown.length >= limit) break;
          if (!making.isForMemory(conversation)) continue;
          shown.push(...queue.words('realtime', conversation, since, limit - shown.length));
        }
        return pendingText(shown, waiting('realtime'));
      },
      pause: pause.set,
      done: (messageIds) =>
        jobs.atOnce(() => {
          const free = queue.unclaimed(messageIds);
          const left = messageIds.filter((id) => !free.includes(id));
          return { marked: queue.markDone(free), left };
        }),
      status() {
        const state = jobs.state();
        const until = pause.until();
        const why = whyNot();
        const { consolidation } = settings;
        // What no job will ever be made of waits for none, and would be more each day.
        const realtime = settings.realtime === false ? NOTHING_WAITS : waiting('realtime');
        const deep = settings.deep === false ? NOTHING_WAITS : waiting('deep');
        return {
          worker: why === null ? worker.name : null,
          ...(why === null ? {} : { why }),
          paused: until !== null,
          ...(until === null ? {} : { pausedUntil: until }),
          pendingRealtime: realtime.count,
          pendingDeep: deep.count,
          ...(realtime.isMore || deep.isMore ? { pendingMore: true } : {}),
          jobs: jobs.counts(),
          recent: jobs.list({}, RECENT).map(memoryJobView),
          failed: jobs.list({ status: 'failed' }, RECENT).map(memoryJobView),
          ...(state === null ? {} : { lastConsolidationAt: state.consolidatedAt }),
          ...(state === null || consolidation === false
            ? {}
            : { nextConsolidationAt: state.consolidatedAt + hours(consolidation.everyHours) }),
        };
      },
      undo: (idOrPrefix, by) =>
        jobs.atOnce(() => {
          const { id, outcome } = find(idOrPrefix);
          const dropped = knowledge.plans.drop(operations.pendingBy(byJob(id)));
          const isKept = outcome !== null && ledger.changesOfBatch(id).length > 0;
          return { ...(isKept ? knowledge.undo({ batch: id }, { by }) : { undone: [], left: [] }), dropped };
        }),
      retry(idOrPrefix) {
        const row = find(idOrPrefix);
        if (row.status !== 'failed')
          throw new MissionError('input_invalid', `The job ${row.id} has not failed: it is ${row.status}.`);
        // Without its snapshot it begins with its columns, and counts its failures anew.
        jobs.update(row.id, { status: 'pending', notBefore: null, finishedAt: null, snapshot: null });
        const again = memoryJobView({ ...row, status: 'pending', notBefore: null, finishedAt: null });
        core.bus.publish({ type: 'memory_job_changed', at: now(), job: again });
        return again;
      },
    },
    keeper: {
      look: () => guarded(look),

      /** Goes on with what an earlier daemon had begun. Returns the way to stop. */
      start() {
        guarded(running.restore);
        const timers = [
          setInterval(() => guarded(look), LOOK_MS),
          setInterval(() => isBehind && guarded(notice), NOTICE_MS),
        ];
        for (const timer of timers) timer.unref();
        return () => {
          for (const timer of timers) clearInterval(timer);
          running.close();
        };
      },
    },
  };
}
