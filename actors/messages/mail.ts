import type { Epoch, MessageId, SlotId, TaskId } from '../../db/ids.ts';
import { type BackOff, backOffMs } from '../../machines/back-off.ts';
import { atLeast } from '../../services/claude/version-order.ts';
import type { MessageLedger, MessageRow } from '../../services/ledger/message-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import { fitting, frameMessages } from '../../services/messages/frame.ts';
import { readHandedOver } from '../../services/messages/handed-over.ts';
import type { MissionCore } from '../core.ts';
import type { SubmitRequest } from '../mission/api.ts';
import { isResting, readinessOf } from '../slot-view.ts';
import type { Transcripts } from '../transcripts.ts';
import { type Post, partyOfSlot, slotOfParty } from './post.ts';
import type { Team } from './team.ts';

/** What time alone brings: a back-off that is over, a line of a transcript. */
const LOOK_MS = 1_000;
/** Typing this takes two seconds. */
const TYPED_CHARACTERS = 24_000;
/** Claude Code puts more than 10,000 into a file and shows the first 2 KB of it (2.1.329). */
const HOOK_CHARACTERS = 8_500;
const MOST_AT_ONCE = 20;
/** Since when a transcript shows what a hook has given (2.1.150, 2.1.250 and 2.1.329 tried). */
const SHOWN_SINCE = '2.1.150';
/** A session that rests has written what it will write; a line comes up to half a second late. */
const WRITTEN_WITHIN_MS = 3_000;
/** What was delivered, or will not be, is kept so long. */
const KEPT_MS = 90 * 24 * 60 * 60_000;
/** How often it is tried, and the first pause after a try; it doubles. */
const MOST_ATTEMPTS = 8;
const PAUSES: BackOff = { firstMs: 2_000, longestMs: 5 * 60_000 };

export interface MailDependencies {
  readonly core: MissionCore;
  readonly ledger: MessageLedger;
  readonly post: Post;
  readonly team: Pick<Team, 'ended'>;
  readonly transcripts: Pick<Transcripts, 'turnOf'>;
  readonly lengthOf: (path: string) => Promise<number>;
  readonly enqueue: (kind: TaskRow['kind'], request: SubmitRequest) => TaskId;
  /** Gives a queued task to a slot that is ready for it. */
  readonly give: (taskId: TaskId, slotId: SlotId) => void;
  /** True while the slot takes nothing new. */
  readonly holdsBack: (slotId: SlotId) => boolean;
  /** Starts the session of an agent that lasts, unless somebody has ended it: what is written to it waits for it. */
  readonly startLasting: (slotId: SlotId) => void;
  /** A person has put it aside: it gets nothing, beside the results of its tools neither. */
  readonly isPaused: (slotId: SlotId) => boolean;
  readonly onError: (error: unknown) => void;
}

/** A tool of the slot's own session has ended. */
export interface EndedTool {
  readonly toolUseId?: string;
}

/** After these there may be something to bring, or to say that it will not be brought. */
const MOVES_MAIL: ReadonlySet<string> = new Set([
  'slot_changed',
  'slot_closed',
  'task_changed',
  'message_changed',
  'worker_completed',
]);
const OVER: ReadonlySet<TaskRow['status']> = new Set(['done', 'failed', 'cancelled']);
const idsOf = (rows: readonly MessageRow[]): readonly MessageId[] => rows.map(({ id }) => id);
const isOver = ({ status }: TaskRow): boolean => OVER.has(status);

/**
 * Brings messages to their receivers, in order, each once. To one that rests they are typed as a prompt, with the ledger
 * of deliveries behind it; to one that works they are given beside the result of its next tool. How they are on their way
 * is stored before they are, and that they have arrived is believed of nobody but the conversation of the receiver. What
 * is on its way to a receiver is settled before anything else is brought there.
 */
export function createMail({
  core,
  ledger,
  post,
  team,
  transcripts,
  lengthOf,
  enqueue,
  give,
  holdsBack,
  startLasting,
  isPaused,
  onError,
}: MailDependencies) {
  /** Since when the session rests, or has gone, beside whose tool's result something was given. */
  const quietSince = new Map<string, number>();
  /** A batch that is being typed for the first time: that its task is queued for a moment means nothing. */
  let handingIn = false;
  let closed = false;

  /** Of those of which their receiver has not said meanwhile that it has taken care of them; that stays. */
  function change(rows: readonly MessageRow[], how: Partial<MessageRow>): readonly MessageRow[] {
    const pending = rows.filter(({ id }) => ledger.get(id)?.status === 'pending');
    ledger.update(idsOf(pending), how);
    const changed = pending.map((row) => ({ ...row, ...how }));
    post.tell(changed);
    return changed;
  }

  function delivered(rows: readonly MessageRow[], at: number): void {
    change(rows, { status: 'delivered', deliveredAt: at, failure: null, taskId: null, epoch: null });
  }

  function bury(rows: readonly MessageRow[], failure: string): void {
    const deadAt = core.now();
    ledger.atOnce(() => {
      for (const row of change(rows, { status: 'dead', deadAt, failure, taskId: null, epoch: null })) {
        core.notices.add('message', `${row.id} dead`, { message: { id: row.id, to: row.receiver, failure } });
        post.answer(row, `Your message ${row.id} to ${row.receiver} was not delivered: ${failure}`);
      }
    });
  }

  /** It has not arrived, certainly. */
  function failed(rows: readonly MessageRow[], failure: string): void {
    const tired = rows.filter(({ attempts }) => attempts + 1 >= MOST_ATTEMPTS);
    const others = rows.filter((row) => !tired.includes(row));
    if (tired.length > 0) bury(tired, `${failure} (tried ${MOST_ATTEMPTS} times)`);
    for (const row of others) {
      const pause = backOffMs(row.attempts + 1, PAUSES);
      change([row], {
        attempts: row.attempts + 1,
        notBefore: core.now() + pause,
        failure,
        way: null,
        taskId: null,
        epoch: null,
        toolUseId: null,
      });
    }
  }

  /** What may be brought to a receiver now, in order. */
  function due(receiver: string): readonly MessageRow[] {
    if (ledger.onTheWay(receiver).length > 0) return [];
    const waiting = ledger.waitingFor(receiver, MOST_AT_ONCE);
    const until = waiting[0]?.notBefore ?? 0;
    const now = core.now();
    // Later ones wait behind it: order holds.
    // What would wait longer was put off by a clock that has been set back since.
    return until > now && until <= now + PAUSES.longestMs ? [] : waiting;
  }

  function type(slotId: SlotId, waiting: readonly MessageRow[]): void {
    const batch = fitting(waiting, TYPED_CHARACTERS);
    const [first] = batch;
    if (first === undefined) return;
    handingIn = true;
    try {
      const taskId = ledger.atOnce(() => {
        // As whose words they count: of an agent they are no preference of the person.
        const submitter = batch.find(({ sender }) => sender !== 'person')?.sender ?? 'person';
        const id = enqueue('message', { slotId, prompt: frameMessages(batch), submitter });
        ledger.update(idsOf(batch), { taskId: id, way: 'typed' });
        return id;
      });
      give(taskId, slotId);
    } finally {
      handingIn = false;
    }
  }

  /** An agent that sleeps, or is being made, has no slot meanwhile. */
  function mayComeBack(slotId: SlotId | null): boolean {
    const status = slotId === null ? undefined : core.agents.get(slotId)?.status;
    return status === 'hibernated' || status === 'making';
  }

  /** Why a receiver reads nothing any more; null while it may. */
  function whyGone(receiver: string): string | null {
    const slotId = slotOfParty(receiver);
    const ended = slotId === null ? null : team.ended(slotId);
    if (ended !== null) return `${ended.what} ${ended.remedy}`;
    if (slotId !== null && (core.runtimes.has(slotId) || mayComeBack(slotId))) return null;
    return `${receiver} is in the team no more.`;
  }

  /** What waited in the inbox of one that has gone wakes nobody and is read by nobody: it ends as other mail does. */
  function closeInbox(receiver: string): void {
    const why = whyGone(receiver);
    if (why !== null) bury(ledger.inInbox(receiver, MOST_AT_ONCE), why);
  }

  function bring(receiver: string): void {
    const slotId = slotOfParty(receiver);
    const why = whyGone(receiver);
    if (why !== null) {
      const lost = ledger.waitingFor(receiver, MOST_AT_ONCE);
      if (lost.length > 0) bury(lost, why);
      return;
    }
    if (slotId === null || !core.runtimes.has(slotId)) return;
    const slot = core.slotSnapshot(slotId);
    if (core.closing.has(slotId)) return;
    if (slot === undefined || core.occupied.has(slotId) || isPaused(slotId) || holdsBack(slotId)) return;
    // Idle, an empty prompt box, nobody who types; or no program at all.
    const readiness = readinessOf(slot, core.now());
    if (readiness !== 'ready' && readiness !== 'startable') return;
    const waiting = due(receiver);
    if (waiting.length === 0) return;
    if (readiness === 'ready') type(slotId, waiting);
    else startLasting(slotId);
  }

  /** What became of messages that a task types. */
  async function followTyped(taskId: TaskId, rows: readonly MessageRow[]): Promise<void> {
    const task = core.tasks.get(taskId);
    if (task === undefined) return failed(rows, 'The task that typed it is not there any more.');
    // Of the sessions before, too: one that had the words may have been lost, and resumed.
    const given = core.tasks.everGiven(taskId);
    const arrived = given.find(({ status }) => status === 'submitted' || status === 'answered');
    if (arrived !== undefined) return delivered(rows, arrived.submittedAt ?? core.now());
    if (task.status === 'done') return delivered(rows, task.finishedAt ?? core.now());
    if (task.status === 'queued') return withdrawLost(task);
    if (!isOver(task)) return;
    const words = task.error ?? `The task that typed it was ${task.status}.`;
    let isUnsure = false;
    for (const delivery of given) {
      // A file that cannot be read says nothing.
      const turn = await transcripts.turnOf(delivery).catch(() => null);
      if (closed) return;
      if (turn?.found === true) return delivered(rows, core.now());
      isUnsure ||= turn === null;
    }
    // Never a second time where it may have arrived: who sent it knows more.
    if (isUnsure) bury(rows, `It is not known whether it arrived. ${words}`);
    else failed(rows, words);
  }

  /** Its session ended before anything was typed: a message waits for a session, and its task for none. */
  function withdrawLost({ id, pinnedSlotId }: TaskRow): void {
    if (handingIn || pinnedSlotId === null || core.occupied.get(pinnedSlotId) === id) return;
    core.sendToTask(id, { type: 'task.cancel', at: core.now() });
  }

  function hasEnded(slotId: SlotId | null, epoch: Epoch): boolean {
    return slotId === null || !core.runtimes.has(slotId) || core.runtime(slotId).epoch !== epoch;
  }

  /** What became of messages that a hook was answered with. */
  async function followHook(rows: readonly MessageRow[]): Promise<void> {
    const [row] = rows;
    if (row === undefined || row.epoch === null || row.toolUseId === null || row.transcriptPath === null)
      return;
    const { toolUseId, epoch, transcriptPath } = row;
    const slotId = slotOfParty(row.receiver);
    // Asked before the file is read: what a run has written before it ended is there then.
    const ended = hasEnded(slotId, epoch);
    const slot = slotId === null ? undefined : core.slotSnapshot(slotId);
    const rests = slot !== undefined && isResting(slot);
    const since = ended || rests ? (quietSince.get(toolUseId) ?? core.now()) : null;
    if (since === null) quietSince.delete(toolUseId);
    else quietSince.set(toolUseId, since);
    const shown = await readHandedOver(transcriptPath, {
      offset: row.transcriptOffset ?? 0,
      toolUseId,
      mark: row.id,
    }).catch(() => null);
    // The clock may have been set back since.
    const isQuiet = since !== null && Math.abs(core.now() - since) >= WRITTEN_WITHIN_MS;
    if (closed || (shown?.found !== true && shown?.isPast !== true && !isQuiet)) return;
    quietSince.delete(toolUseId);
    if (shown === null) bury(rows, 'It is not known whether it arrived: its transcript cannot be read.');
    else if (shown.found) delivered(rows, core.now());
    else failed(rows, 'Claude Code did not take it with the result of a tool.');
  }

  async function follow(): Promise<void> {
    const carriers = new Map<string, MessageRow[]>();
    for (const row of ledger.onTheWay()) {
      const carrier = row.taskId ?? `${row.epoch} ${row.toolUseId}`;
      carriers.set(carrier, [...(carriers.get(carrier) ?? []), row]);
    }
    for (const rows of carriers.values()) {
      const taskId = rows[0]?.taskId ?? null;
      if (closed) return;
      try {
        await (taskId === null ? followHook(rows) : followTyped(taskId, rows));
      } catch (error) {
        // What is wrong with one keeps nobody else's back.
        onError(error);
      }
    }
  }

  function forEach(receivers: readonly string[], act: (receiver: string) => void): void {
    for (const receiver of receivers) {
      try {
        act(receiver);
      } catch (error) {
        onError(error);
      }
    }
  }

  let looking = false;
  let again = false;
  async function look(): Promise<void> {
    if (looking || closed) {
      again = true;
      return;
    }
    looking = true;
    try {
      do {
        again = false;
        await follow();
        if (closed) return;
        forEach(ledger.receiversWaiting(), bring);
        forEach(ledger.inboxesOfSlots(), closeInbox);
      } while (again && !closed);
    } catch (error) {
      onError(error);
    } finally {
      looking = false;
    }
  }

  let scheduled = false;
  function wake(): void {
    if (scheduled || closed) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      void look();
    });
  }

  function given(
    slotId: SlotId,
    epoch: Epoch,
    toolUseId: string,
    path: string,
    offset: number,
  ): string | null {
    const batch = fitting(due(partyOfSlot(slotId)), HOOK_CHARACTERS);
    if (batch.length === 0) return null;
    ledger.update(idsOf(batch), {
      way: 'hook',
      epoch,
      toolUseId,
      transcriptPath: path,
      transcriptOffset: offset,
    });
    return frameMessages(batch);
  }

  return {
    /** There may be something to bring. */
    wake,

    /**
     * The words to give to a session that works, beside the result of its tool; null when there are none. They are on
     * their way from then on.
     */
    async afterTool(slotId: SlotId, epoch: Epoch, { toolUseId }: EndedTool): Promise<string | null> {
      try {
        const { transcriptPath: path, claudeVersion } = core.runtime(slotId);
        if (closed || toolUseId === undefined || path === null || isPaused(slotId)) return null;
        if (claudeVersion === null || !atLeast(claudeVersion, SHOWN_SINCE)) return null;
        if (due(partyOfSlot(slotId)).length === 0) return null;
        // The result of this tool is written behind this place, or is just being.
        const offset = Math.max(0, (await lengthOf(path)) - 256 * 1024);
        return given(slotId, epoch, toolUseId, path, offset);
      } catch (error) {
        // The tool's result goes its way without them.
        onError(error);
        return null;
      }
    },

    /** Goes on with what an earlier daemon had begun. Returns the way to stop. */
    start(): () => void {
      const unsubscribe = core.bus.subscribe(({ type: what }) => {
        if (MOVES_MAIL.has(what)) wake();
      });
      const timer = setInterval(wake, LOOK_MS);
      timer.unref();
      try {
        ledger.throwAway(core.now() - KEPT_MS);
      } catch (error) {
        // A full disk keeps no daemon from its start.
        onError(error);
      }
      wake();
      return () => {
        closed = true;
        clearInterval(timer);
        unsubscribe();
      };
    },
  };
}

export type Mail = ReturnType<typeof createMail>;
