import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { afterEach, expect } from 'vitest';
import type { z } from 'zod';
import { createBus } from '../../../actors/bus.ts';
import { createJournal, type Journal } from '../../../actors/journal.ts';
import { createKnowledgeBase, type KnowledgeBase } from '../../../actors/knowledge/knowledge-base.ts';
import type { Memory } from '../../../actors/memory/api.ts';
import { createMemory } from '../../../actors/memory/create-memory.ts';
import { memoryRecorder } from '../../../actors/memory/memory-recorder.ts';
import type { MemoryWork, MemoryWorker } from '../../../actors/memory/worker.ts';
import type { MissionEvent } from '../../../actors/mission/views.ts';
import { newRuntime } from '../../../actors/slot-runtime.ts';
import { Role, SlotId } from '../../../db/ids.ts';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import { conversationMessages, conversationSlots, conversations } from '../../../db/schema/conversations.ts';
import { KnowledgeSettingsSchema } from '../../../services/knowledge/tiers.ts';
import { createMemoryJobLedger } from '../../../services/ledger/memory-job-ledger.ts';
import { MemorySettingsSchema } from '../../../services/memory/settings.ts';
import { routerOf } from '../../services/router/router-of.ts';
import { slotOf } from '../mission-stage.ts';
import { shownIn } from './shown-lines.ts';

/** After so long a conversation has come to rest. */
const RESTS_MS = 2 * 60_000;
/** More than a promise needs to reach whoever waits for it; the journal writes behind all of them. */
const MICROTASKS = 50;

interface Attempt {
  readonly prompt: string;
  readonly priority: number;
  outcome?: { readonly answer: string } | { readonly error: Error };
  readonly waiting: Set<() => void>;
}

/** An answer with one entry for each message. */
const oneEntryEach = (prompt: string): string =>
  JSON.stringify({
    entries: shownIn(prompt).map(({ id, said }) => ({
      category: 'memory',
      key: `fact-${id}`,
      summary: said,
      message_ids: [id],
    })),
  });

export interface Running {
  readonly memory: Memory;
  readonly knowledge: KnowledgeBase;
  readonly keeper: ReturnType<typeof createMemory>['keeper'];
  readonly journal: Journal;
  readonly stop: () => void;
}

type Settings = z.input<typeof MemorySettingsSchema>;

/**
 * A memory over a database that outlives it, at a time that the test sets. Its workers outlive it as well: what was
 * handed in is known by its key, as tasks are.
 */
export function createMemoryStage(
  settings: Settings = {},
  workerOver?: (db: OpenDatabase['db']) => MemoryWorker,
) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-memory-'));
  const attempts = new Map<string, Attempt>();
  const errors: unknown[] = [];
  const events: MissionEvent[] = [];
  let at = Date.UTC(2026, 0, 1);
  let deaths = 0;
  let database: OpenDatabase = openDatabase(path.join(directory, '0.db'));
  let why: string | null = null;
  let mayBegin = true;

  const now = (): number => at;

  const worker: MemoryWorker = {
    name: 'slot',
    unavailable: () => why,
    async work({ key, prompt, priority }: MemoryWork, signal) {
      const attempt = attempts.get(key) ?? { prompt: prompt(), priority, waiting: new Set() };
      attempts.set(key, attempt);
      if (attempt.outcome === undefined)
        await new Promise<void>((resolve, reject) => {
          attempt.waiting.add(resolve);
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        });
      const { outcome } = attempt;
      if (outcome === undefined) throw new Error('woken without an answer');
      if ('error' in outcome) throw outcome.error;
      return outcome.answer;
    },
  };

  function begin(): Running {
    const { db } = database;
    const note = (error: unknown): void => void errors.push(error);
    const bus = createBus(0, note);
    bus.subscribe((event) => void events.push(event));
    const { knowledge } = createKnowledgeBase({
      db,
      settings: KnowledgeSettingsSchema.parse({}),
      board: { all: () => [] },
      router: routerOf({ backends: [] }, db),
      probeMachine: () => Promise.reject(new Error('there is no other machine here')),
      startNeighbours() {
        throw new Error('nothing is embedded here');
      },
      now,
      writeLater: (write) => write(),
      onError: note,
    });
    const journal = createJournal(db, [memoryRecorder({ jobs: createMemoryJobLedger(db), bus, now })], note);
    const slots = [slotOf(), slotOf({ id: SlotId.parse('memory-1'), role: Role.parse('memory') })];
    const { memory, keeper } = createMemory({
      core: { bus, now, runtimes: new Map(slots.map((slot) => [slot.id, newRuntime(slot)])) },
      db,
      settings: MemorySettingsSchema.parse(settings),
      knowledge,
      worker: workerOver?.(db) ?? worker,
      mayBegin: () => mayBegin,
      inspect: journal.inspect,
      onError: note,
    });
    return { memory, keeper, knowledge, journal, stop: keeper.start() };
  }
  let running = begin();

  function conversationOf(name: string, project: string): number {
    const [row] = database.db
      .insert(conversations)
      .values({ name, sessionId: name, project, startedAt: at, lastAt: at })
      .onConflictDoUpdate({ target: conversations.name, set: { lastAt: at } })
      .returning({ id: conversations.id })
      .all();
    if (row === undefined) throw new Error('not stored');
    return row.id;
  }

  const open = (): readonly Attempt[] =>
    [...attempts.values()].filter(({ outcome, waiting }) => outcome === undefined && waiting.size > 0);

  async function end(outcome: (prompt: string) => NonNullable<Attempt['outcome']>): Promise<boolean> {
    const [attempt] = open();
    if (attempt === undefined) return false;
    attempt.outcome = outcome(attempt.prompt);
    for (const wake of attempt.waiting) wake();
    await settle();
    return true;
  }

  /** Everything that was begun has been written. */
  async function settle(): Promise<void> {
    for (let step = 0; step < 6; step += 1) await turn();
  }

  async function look(): Promise<void> {
    running.keeper.look();
    await settle();
  }
  const answer = (words: string | ((prompt: string) => string) = oneEntryEach): Promise<boolean> =>
    end((prompt) => ({ answer: typeof words === 'string' ? words : words(prompt) }));

  return {
    errors,
    events,
    attempts,
    settle,
    running: () => running,
    known: () => running.knowledge.list({ limit: 100 }).entries,
    status: () => running.memory.status(),
    database: () => database,
    later(ms: number): void {
      at += ms;
    },
    now,
    become(unavailable: string | null): void {
      why = unavailable;
    },
    finishing(): void {
      mayBegin = false;
    },
    /** Something is said, and read from its transcript. @returns the id of the message */
    say(
      text: string,
      {
        session = 'session-1',
        role = 'user',
        project = '/work',
        slotId,
      }: {
        readonly session?: string;
        readonly role?: 'user' | 'assistant' | 'tool_result';
        readonly project?: string;
        readonly slotId?: string;
      } = {},
    ): number {
      const { db } = database;
      const conversationId = conversationOf(session, project);
      if (slotId !== undefined)
        db.insert(conversationSlots)
          .values({ sessionId: session, slotId: SlotId.parse(slotId) })
          .onConflictDoNothing()
          .run();
      const uuid = `${session}-${db.select().from(conversationMessages).all().length}`;
      return Number(
        db.insert(conversationMessages).values({ conversationId, uuid, role, at, text, cjk: false }).run()
          .lastInsertRowid,
      );
    },
    /** All that was said is thrown away. */
    forgetAll(): void {
      database.raw.exec('delete from conversation_messages');
    },
    /** A conversation goes on under another name: it begins with a copy of all that was said. */
    fork(session: string, name: string): void {
      const { db } = database;
      const of = db.select().from(conversations).where(eq(conversations.name, session)).get();
      if (of === undefined) return;
      const copied = db
        .select()
        .from(conversationMessages)
        .where(eq(conversationMessages.conversationId, of.id))
        .orderBy(conversationMessages.id)
        .all();
      const conversationId = conversationOf(name, of.project ?? '/work');
      for (const { id: _, ...message } of copied)
        db.insert(conversationMessages)
          .values({ ...message, conversationId, at })
          .onConflictDoNothing()
          .run();
    },
    /** Looks what there is to do, and lets it be written. */
    look,
    lookWithoutWriting: () => running.keeper.look(),
    /** The oldest attempt is answered. @returns false when there is none */
    answer,
    /** All that waits is read and answered. */
    async drain(say?: (prompt: string) => string): Promise<void> {
      at += RESTS_MS;
      for (let round = 0; round < 50; round += 1) {
        await look();
        if (!(await answer(say))) return;
      }
      throw new Error('there is no end to it');
    },
    fail: (error: Error) => end(() => ({ error })),
    /** The same, and the daemon is killed before it has heard of it. */
    answerUnheard(): void {
      const [attempt] = open();
      if (attempt !== undefined) attempt.outcome = { answer: oneEntryEach(attempt.prompt) };
    },
    /** The same, and it is killed when it has stored what it heard, before the journal has written anything. */
    async answerUnwritten(): Promise<void> {
      const [attempt] = open();
      if (attempt === undefined) return;
      attempt.outcome = { answer: oneEntryEach(attempt.prompt) };
      for (const wake of attempt.waiting) wake();
      for (let step = 0; step < MICROTASKS; step += 1) await Promise.resolve();
    },
    open,
    /** With -9: what was stored stays, and nothing that it does afterwards counts. */
    kill(): void {
      deaths += 1;
      const file = path.join(directory, `${deaths}.db`);
      writeFileSync(file, database.raw.serialize());
      running.journal.close();
      running.stop();
      for (const { waiting } of attempts.values()) waiting.clear();
      database.close();
      database = openDatabase(file);
      running = begin();
    },
    close(): void {
      running.journal.close();
      running.stop();
      database.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export type MemoryStage = ReturnType<typeof createMemoryStage>;

/** Begins stages for the tests of a file; when one has ended, nothing has gone wrong on any of its stages. */
export function stagesOfEachTest(): (settings: Settings) => MemoryStage {
  const begun: MemoryStage[] = [];
  afterEach(() => {
    for (const stage of begun.splice(0)) {
      expect(stage.errors).toEqual([]);
      stage.close();
    }
  });
  return (settings) => {
    const stage = createMemoryStage(settings);
    begun.push(stage);
    return stage;
  };
}
