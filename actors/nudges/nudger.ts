import { createHash } from 'node:crypto';
import { type SnapshotFrom, transition } from 'xstate';
import { z } from 'zod';
import type { SlotId, TaskId } from '../../db/ids.ts';
import { type NudgeEvent, nudgeMachine } from '../../machines/nudge.ts';
import type { NudgeLedger } from '../../services/ledger/nudge-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { LastingSessions } from '../agents/start-lasting.ts';
import type { MissionCore } from '../core.ts';
import type { SubmitRequest } from '../mission/api.ts';
import { readinessOf } from '../slot-view.ts';
import { type MergeRequests, type PendingWork, pendingWorkOf } from './pending-work.ts';

const LOOK_MS = 1_000;
const MINUTE_MS = 60_000;
/** One that could not be typed at once is not typed at all: what waits may have changed. */
const TYPED_WITHIN_MS = 60_000;
/** The same for a session that is started for it: its MCP servers can hold it back for most of a minute. */
const STARTED_AND_TYPED_WITHIN_MS = 3 * 60_000;
const MOST_NAMED = 5;
const WORKSPACE = 'workspace';
/** As whom nudges are handed in. */
const NUDGER = 'slot:missiond.nudge';

type Snapshot = SnapshotFrom<typeof nudgeMachine>;
const Kept = z.object({
  value: z.enum(['quiet', 'waiting', 'due']),
  context: z.object({ work: z.string().nullable(), nudges: z.number(), idleSince: z.number().nullable() }),
});

export interface NudgerDependencies {
  readonly core: MissionCore;
  readonly ledger: NudgeLedger;
  readonly enqueue: (kind: TaskRow['kind'], request: SubmitRequest) => TaskId;
  readonly give: (taskId: TaskId, slotId: SlotId) => void;
  /** True while the slot takes nothing new. */
  readonly holdsBack: (slotId: SlotId) => boolean;
  /** Messages of which a slot was given the beginning alone, and that wait for nothing but its reading on. */
  readonly unreadRests: (slotId: SlotId) => readonly string[];
  readonly mergeRequests: MergeRequests;
  /** Mail is on its way to it. */
  readonly hasMail: (slotId: SlotId) => boolean;
  /** Of an agent that lasts it is no matter whether it has a session: it is started for its work. */
  readonly mayStart: LastingSessions['mayStart'];
  readonly onError: (error: unknown) => void;
}

function wordsOf({ words }: PendingWork): string {
  const named = words.slice(0, MOST_NAMED).join('; ');
  const more = words.length > MOST_NAMED ? `; and ${words.length - MOST_NAMED} more` : '';
  return `missiond reminds you, since you rest: ${named}${more}. Go on with it, or say why it cannot be done.`;
}

/** Reminds agents that rest of work that waits for them, one line each time, with growing pauses. */
export function createNudger({
  core,
  ledger,
  enqueue,
  give,
  holdsBack,
  unreadRests,
  mergeRequests,
  hasMail,
  mayStart,
  onError,
}: NudgerDependencies) {
  const snapshots = new Map<SlotId, Snapshot>();

  function snapshotOf(slotId: SlotId): Snapshot {
    const known = snapshots.get(slotId);
    if (known !== undefined) return known;
    const kept = Kept.safeParse(ledger.snapshotOf(slotId)).data;
    const snapshot = nudgeMachine.resolveState(
      kept ?? { value: 'quiet', context: { work: null, nudges: 0, idleSince: null } },
    );
    snapshots.set(slotId, snapshot);
    return snapshot;
  }

  function send(slotId: SlotId, event: NudgeEvent): Snapshot {
    const before = snapshotOf(slotId);
    const [after] = transition(nudgeMachine, before, event);
    if (after.value !== before.value || JSON.stringify(after.context) !== JSON.stringify(before.context)) {
      ledger.keep(slotId, { value: after.value, context: after.context }, core.now());
      snapshots.set(slotId, after);
    }
    return after;
  }

  function isIdle(slotId: SlotId): boolean {
    const slot = core.slotSnapshot(slotId);
    return (
      slot !== undefined &&
      !core.closing.has(slotId) &&
      !core.occupied.has(slotId) &&
      !holdsBack(slotId) &&
      !hasMail(slotId) &&
      (readinessOf(slot, core.now()) === 'ready' || mayStart(slotId))
    );
  }

  function nudge(slotId: SlotId, work: PendingWork): void {
    const starts = mayStart(slotId);
    const taskId = ledger.atOnce(() => {
      send(slotId, { type: 'agent.nudged' });
      return enqueue('message', {
        slotId,
        prompt: wordsOf(work),
        submitter: NUDGER,
        deadlineMs: starts ? STARTED_AND_TYPED_WITHIN_MS : TYPED_WITHIN_MS,
      });
    });
    // A slot without a session is started by the dispatcher for the task that waits for it.
    if (!starts) give(taskId, slotId);
  }

  function look(slotId: SlotId, afterMinutes: number): void {
    const pending = pendingWorkOf(core, slotId, mergeRequests, unreadRests(slotId));
    // An id of each card of a long list would make a long row.
    const work = pending === null ? null : createHash('sha256').update(pending.key).digest('hex');
    const { value } = send(slotId, {
      type: 'agent.looked',
      at: core.now(),
      work,
      isIdle: isIdle(slotId),
      afterMs: afterMinutes * MINUTE_MS,
    });
    if (value === 'due' && pending !== null) nudge(slotId, pending);
  }

  function lookAtAll(): void {
    for (const { configuration } of core.runtimes.values()) {
      const { id, role, nudge: wish } = configuration;
      const agent = core.agents.get(id);
      if (wish == null || role === WORKSPACE || agent?.kind === 'workspace') continue;
      try {
        look(id, wish.afterMinutes);
      } catch (error) {
        onError(error);
      }
    }
  }

  /** Its turn was over by another's words than ours: a task, a message, a person. */
  function moved(slotId: SlotId, taskId: TaskId | undefined): void {
    if (taskId !== undefined && core.tasks.get(taskId)?.submitter === NUDGER) return;
    if (snapshotOf(slotId).value !== 'quiet') send(slotId, { type: 'agent.moved' });
  }

  return {
    /** Goes on with what an earlier daemon had begun. Returns the way to stop. */
    start(): () => void {
      const unsubscribe = core.bus.subscribe((event) => {
        try {
          if (event.type === 'text_complete') moved(event.slotId, event.taskId);
        } catch (error) {
          onError(error);
        }
      });
      const timer = setInterval(lookAtAll, LOOK_MS);
      timer.unref();
      return () => {
        clearInterval(timer);
        unsubscribe();
      };
    },
  };
}
