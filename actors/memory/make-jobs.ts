import { randomUUID } from 'node:crypto';
import { MemoryJobId } from '../../db/ids.ts';
import type { MemoryJobKind } from '../../db/schema/memory.ts';
import { nameBelow } from '../../services/config/name-below.ts';
import { realPathOf } from '../../services/config/real-path-of.ts';
import { isWithin, NEVER_SHOWN } from '../../services/knowledge/category.ts';
import type { KnowledgeLedger } from '../../services/ledger/knowledge-ledger.ts';
import type { MemoryJobLedger } from '../../services/ledger/memory-job-ledger.ts';
import type {
  MarkedConversation,
  MarkName,
  MemoryQueueLedger,
  QueuedMessage,
} from '../../services/ledger/memory-queue-ledger.ts';
import { lineOf } from '../../services/memory/batch-text.ts';
import { hours, type MemorySettings } from '../../services/memory/settings.ts';
import { asManyAsFit } from '../as-many-as-fit.ts';
import { SNAPSHOT_VERSION } from '../journal.ts';
import { cursorAt, cursorOf } from '../knowledge/list-cursor.ts';
import { entryLine } from './entry-line.ts';

/** The role whose slots work for the memory. */
export const MEMORY_ROLE = 'memory';

/** So much text goes into one batch: a prompt holds 100,000 characters, and rules stand before it. */
const MOST_CHARACTERS = 50_000;
/** Of one conversation, so that others have their turn in a batch. */
const MOST_OF_ONE = 10;
const MOST_CONVERSATIONS = 100;
/** A session of fewer words holds nothing that its turns did not. */
const LEAST_WORDS = 6;
const MOST_ENTRIES = 400;
/** A transcript whose time lies further ahead than this was written by another clock. */
const OTHER_CLOCK_MS = 60_000;

export interface MakeJobsDependencies {
  readonly jobs: MemoryJobLedger;
  readonly queue: MemoryQueueLedger;
  readonly knowledge: KnowledgeLedger;
  readonly settings: MemorySettings;
  readonly now: () => number;
  /** Whether a slot is one that works for the memory. */
  readonly isOfMemory: (slotId: string) => boolean;
}

/**
 * Makes jobs of what was said, each in one transaction with the marks that say so: a message is given to one job of its
 * kind, whatever happens in between.
 */
export function createJobMaking({ jobs, queue, knowledge, settings, now, isOfMemory }: MakeJobsDependencies) {
  // Claude Code names folders by their real paths.
  const excluded = settings.exclude.flatMap((folder) => [folder, realPathOf(folder)]);

  const isExcluded = (place: string): boolean => excluded.some((folder) => nameBelow(folder, place) !== null);

  function isForMemory({ sessionId, project, slotId }: MarkedConversation): boolean {
    // What the memory itself was told would come back to it for ever.
    if ((slotId !== null && isOfMemory(slotId)) || queue.workedFor(MEMORY_ROLE, sessionId)) return false;
    if (project === null || excluded.length === 0) return true;
    // A worktree lies elsewhere, and is of the folder that it was taken from.
    return !isExcluded(project) && !isExcluded(queue.takenFrom(project) ?? project);
  }

  /** How long nothing was said, in milliseconds. */
  function silence({ lastAt }: MarkedConversation): number {
    if (lastAt === null) return Number.POSITIVE_INFINITY;
    const age = now() - lastAt;
    return age < -OTHER_CLOCK_MS ? Number.POSITIVE_INFINITY : age;
  }

  const fitting = (messages: readonly QueuedMessage[], room: number): readonly QueuedMessage[] =>
    asManyAsFit(messages, (message) => lineOf(message).length, room);

  function add(
    kind: MemoryJobKind,
    what: { readonly messageIds?: readonly number[]; readonly knowledgeIds?: readonly string[] },
  ): void {
    jobs.insert({
      id: MemoryJobId.parse(randomUUID()),
      kind,
      status: 'pending',
      messageIds: what.messageIds ?? [],
      knowledgeIds: what.knowledgeIds ?? [],
      attempt: 0,
      notBefore: null,
      taskId: null,
      errorCode: null,
      error: null,
      outcome: null,
      createdAt: now(),
      startedAt: null,
      finishedAt: null,
      snapshot: null,
      snapshotVersion: SNAPSHOT_VERSION,
    });
  }

  /** Marks what was taken: all of it when nothing is left behind. */
  function take(
    mark: MarkName,
    conversation: MarkedConversation,
    taken: readonly QueuedMessage[],
    wasAll: boolean,
  ): void {
    const last = taken.at(-1);
    queue.advance(
      mark,
      conversation.conversationId,
      wasAll || last === undefined ? conversation.latest : last.id,
    );
  }

  /** Conversations behind a mark that are for the memory; the others are passed over for good. */
  function* candidates(mark: MarkName): Generator<MarkedConversation> {
    for (const conversation of queue.behind(mark, MOST_CONVERSATIONS)) {
      if (isForMemory(conversation)) yield conversation;
      else queue.advance(mark, conversation.conversationId, conversation.latest);
    }
  }

  function realtime(since: number): boolean {
    const { realtime: rule } = settings;
    if (rule === false || jobs.hasOpen('realtime')) return false;
    const batch: QueuedMessage[] = [];
    let room = MOST_CHARACTERS;
    for (const conversation of candidates('realtime')) {
      const most = Math.min(MOST_OF_ONE, rule.messages - batch.length);
      if (most <= 0) break;
      const isSilent = silence(conversation) >= rule.afterSeconds * 1_000;
      // Counting costs less than reading, and is all that is done while somebody talks.
      if (!isSilent && queue.countWords('realtime', conversation, since, most + 1) <= most) continue;
      const waiting = queue.words('realtime', conversation, since, most + 1);
      const offered = waiting.slice(0, most);
      const taken = fitting(offered, room);
      const size = taken.reduce((sum, message) => sum + lineOf(message).length + 1, 0);
      // One that is too long for what is left of this batch begins the next one.
      if (batch.length > 0 && size > room) break;
      take('realtime', conversation, taken, waiting.length <= most && taken.length === offered.length);
      batch.push(...taken);
      room -= size;
    }
    if (batch.length === 0) return false;
    add('realtime', { messageIds: batch.map(({ id }) => id) });
    return true;
  }

  function deep(since: number): boolean {
    const { deep: rule } = settings;
    if (rule === false || jobs.hasOpen('deep')) return false;
    for (const conversation of candidates('deep')) {
      const hasEnded = silence(conversation) >= rule.afterMinutes * 60_000;
      if (!hasEnded && queue.countWords('deep', conversation, since, rule.everyMessages) < rule.everyMessages)
        continue;
      const waiting = queue.words('deep', conversation, since, rule.everyMessages);
      if (waiting.length < LEAST_WORDS) {
        queue.advance('deep', conversation.conversationId, conversation.latest);
        continue;
      }
      const taken = fitting(waiting, MOST_CHARACTERS);
      take(
        'deep',
        conversation,
        taken,
        waiting.length < rule.everyMessages && taken.length === waiting.length,
      );
      add('deep', { messageIds: taken.map(({ id }) => id) });
      return true;
    }
    return false;
  }

  function isConsolidationDue(consolidatedAt: number): boolean {
    const { consolidation: rule } = settings;
    if (rule === false) return false;
    const at = now();
    return consolidatedAt > at || at - consolidatedAt >= hours(rule.everyHours);
  }

  /** Whether there may be a job to make. */
  const mayMake = (consolidatedAt: number): boolean =>
    isConsolidationDue(consolidatedAt) ||
    (settings.realtime !== false && queue.behind('realtime', 1).length > 0) ||
    (settings.deep !== false && queue.behind('deep', 1).length > 0);

  /** The day is the clock's, kept in the database; one that was set back begins to count anew. */
  function consolidation(consolidatedAt: number, cursor: string | null): boolean {
    const { consolidation: rule } = settings;
    if (rule === false || jobs.hasOpen('consolidation')) return false;
    const at = now();
    if (consolidatedAt > at) jobs.updateState({ consolidatedAt: at });
    if (at - consolidatedAt < hours(rule.everyHours)) return false;
    const rows = knowledge.list(undefined, {
      limit: MOST_ENTRIES,
      ...(cursor === null ? {} : { after: cursorOf(cursor) }),
    });
    let room = MOST_CHARACTERS;
    const visible = rows.filter(({ category }) => !isWithin(category, NEVER_SHOWN));
    const shown = visible.filter((row) => {
      room -= entryLine(row).length + 1;
      return room >= 0;
    });
    const wasAll = shown.length === visible.length;
    const last = wasAll ? rows.at(-1) : shown.at(-1);
    const isEnd = last === undefined || (wasAll && rows.length < MOST_ENTRIES);
    jobs.updateState({ consolidatedAt: at, cursor: isEnd ? null : cursorAt(last) });
    // One entry says nothing twice.
    if (shown.length < 2) return false;
    add('consolidation', { knowledgeIds: shown.map(({ id }) => id) });
    return true;
  }

  return {
    isForMemory,

    /** Takes notice of what was said since. @returns true when there is more to look at */
    notice(): boolean {
      // Asked several times a second: while nothing is said that takes no lock from anybody.
      const seen = jobs.state()?.seenThrough;
      if (seen === undefined || !queue.hasMoreThan(seen)) return false;
      return jobs.atOnce(() => {
        const state = jobs.state();
        const last = state === null ? null : queue.notice(state.seenThrough, state.since);
        if (last === null) return false;
        jobs.updateState({ seenThrough: last });
        return true;
      });
    },

    /** Makes what jobs there are to make, one of a kind at a time. @returns whether it made any */
    make(): boolean {
      const begun = jobs.state();
      if (begun === null || !mayMake(begun.consolidatedAt)) return false;
      return jobs.atOnce(() => {
        const state = jobs.state();
        if (state === null) return false;
        const { since, consolidatedAt, cursor } = state;
        return [realtime(since), deep(since), consolidation(consolidatedAt, cursor)].includes(true);
      });
    },
  };
}

export type JobMaking = ReturnType<typeof createJobMaking>;
