import { createHash } from 'node:crypto';
import { and, desc, eq, inArray, isNull, like, sql } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import {
  blobs,
  conversationEvents,
  conversationMessages,
  conversations,
  messageParts,
  messageUsage,
} from '../../db/schema/conversations.ts';
import type { TaskListChange } from '../claude-tasks/listed-task.ts';
import type { TaskListCall } from '../claude-tasks/task-results.ts';
import type { Blob, MessageText } from '../conversations/message-text.ts';
import type { PreparedLine } from '../conversations/prepared-lines.ts';
import type { AnswerUsage, LineFacts } from '../conversations/transcript-entry.ts';
import { nameOfAgent, nameOfSidechain, type TranscriptPlace } from '../conversations/transcript-place.ts';
import { createClaudeTaskLedger } from './claude-task-ledger.ts';

/** Tools that begin a subagent: older and recent versions. */
const BEGINS_AN_AGENT = ['Task', 'Agent'];
/** So many calls back, the one that began a sidechain is looked for. */
const CALLS_BACK = 20;
/** So much of a subagent's first prompt tells its call from others. */
const TELLING_CHARACTERS = 300;
/** Keeps the ids of the conversations that are being read. */
const MOST_IDS = 10_000;

/** What a transaction has found out about a conversation. */
interface Gained {
  messages: number;
  compactions: number;
  startedAt: number | null;
  lastAt: number | null;
  project: string | null;
  gitBranch: string | null;
  model: string | null;
  claudeVersion: string | null;
}

/** Calls that are made for each line are prepared once. */
function prepareStatements(db: MissionDatabase) {
  const value = sql.placeholder;
  return {
    blob: db
      .insert(blobs)
      .values({ digest: value('digest'), mediaType: value('mediaType'), content: value('content') })
      .onConflictDoNothing()
      .prepare(),
    blobOf: db
      .select({ id: blobs.id })
      .from(blobs)
      .where(eq(blobs.digest, value('digest')))
      .prepare(),
    gain: db
      .update(conversations)
      .set({
        messageCount: sql`${conversations.messageCount} + ${value('messages')}`,
        compactions: sql`${conversations.compactions} + ${value('compactions')}`,
        startedAt: sql`coalesce(min(${conversations.startedAt}, ${value('startedAt')}), ${conversations.startedAt}, ${value('startedAt')})`,
        lastAt: sql`coalesce(max(${conversations.lastAt}, ${value('lastAt')}), ${conversations.lastAt}, ${value('lastAt')})`,
        project: sql`coalesce(${conversations.project}, ${value('project')})`,
        gitBranch: sql`coalesce(${value('gitBranch')}, ${conversations.gitBranch})`,
        model: sql`coalesce(${value('model')}, ${conversations.model})`,
        claudeVersion: sql`coalesce(${value('claudeVersion')}, ${conversations.claudeVersion})`,
      })
      .where(eq(conversations.id, value('id')))
      .prepare(),
    message: db
      .insert(conversationMessages)
      .values({
        conversationId: value('conversationId'),
        uuid: value('uuid'),
        parentUuid: value('parentUuid'),
        role: value('role'),
        apiMessageId: value('apiMessageId'),
        model: value('model'),
        at: value('at'),
        text: value('text'),
        cjk: value('cjk'),
      })
      .onConflictDoNothing()
      .prepare(),
    part: db
      .insert(messageParts)
      .values({
        messageId: value('messageId'),
        position: value('position'),
        kind: value('kind'),
        start: value('start'),
        length: value('length'),
        tool: value('tool'),
        toolUseId: value('toolUseId'),
        isError: value('isError'),
        blobId: value('blobId'),
        size: value('size'),
      })
      .prepare(),
    usage: db
      .insert(messageUsage)
      .values({
        answer: value('answer'),
        conversationId: value('conversationId'),
        model: value('model'),
        at: value('at'),
        inputTokens: value('inputTokens'),
        outputTokens: value('outputTokens'),
        cacheReadTokens: value('cacheReadTokens'),
        cacheWriteTokens: value('cacheWriteTokens'),
        cacheWriteLongTokens: value('cacheWriteLongTokens'),
      })
      .onConflictDoUpdate({
        target: messageUsage.answer,
        // The first lines of an answer may name less than the last.
        set: {
          inputTokens: sql`max(${messageUsage.inputTokens}, excluded.input_tokens)`,
          outputTokens: sql`max(${messageUsage.outputTokens}, excluded.output_tokens)`,
          cacheReadTokens: sql`max(${messageUsage.cacheReadTokens}, excluded.cache_read_tokens)`,
          cacheWriteTokens: sql`max(${messageUsage.cacheWriteTokens}, excluded.cache_write_tokens)`,
          cacheWriteLongTokens: sql`max(${messageUsage.cacheWriteLongTokens}, excluded.cache_write_long_tokens)`,
        },
      })
      .prepare(),
  };
}

/** Writes lines of transcripts as rows. Every method belongs into a transaction of the caller's. */
export function createConversationWriter(db: MissionDatabase) {
  const statements = prepareStatements(db);
  const claudeTasks = createClaudeTaskLedger(db);
  const ids = new Map<string, number>();
  const gained = new Map<number, Gained>();
  let taskLists: TaskListChange[] = [];

  function conversation(name: string, sessionId: string, parentId: number | null = null): number {
    const known = ids.get(name);
    if (known !== undefined) return known;
    db.insert(conversations).values({ name, sessionId, parentId }).onConflictDoNothing().run();
    const row = db
      .select({ id: conversations.id })
      .from(conversations)
      .where(eq(conversations.name, name))
      .get();
    if (row === undefined) throw new Error(`the conversation ${name} was not stored`);
    if (ids.size >= MOST_IDS) ids.clear();
    ids.set(name, row.id);
    return row.id;
  }

  /** The call of the session's own in whose input a prompt stands; the last one of several. */
  function callWith(conversationId: number, prompt: string): string | null {
    const calls = db
      .select({ toolUseId: messageParts.toolUseId, text: conversationMessages.text })
      .from(conversationMessages)
      .innerJoin(messageParts, eq(messageParts.messageId, conversationMessages.id))
      .where(
        and(
          eq(conversationMessages.conversationId, conversationId),
          eq(messageParts.kind, 'tool_use'),
          inArray(messageParts.tool, BEGINS_AN_AGENT),
        ),
      )
      .orderBy(desc(conversationMessages.id))
      .limit(CALLS_BACK)
      .all();
    const telling = prompt.slice(0, TELLING_CHARACTERS);
    return calls.find(({ text }) => text.includes(telling))?.toolUseId ?? null;
  }

  function setCall(conversationId: number, toolUseId: string): void {
    db.update(conversations)
      .set({ parentToolUseId: toolUseId })
      .where(and(eq(conversations.id, conversationId), isNull(conversations.parentToolUseId)))
      .run();
  }

  /** The conversation of a subagent whose lines stand among those of its session (up to 1.0.100). */
  function sidechain(
    sessionId: string,
    parentId: number,
    uuid: string,
    facts: LineFacts,
    text: string,
  ): number {
    if (facts.parentUuid !== undefined) {
      const before = db
        .select({ id: conversations.id, parentId: conversations.parentId })
        .from(conversations)
        .innerJoin(
          conversationMessages,
          and(
            eq(conversationMessages.conversationId, conversations.id),
            eq(conversationMessages.uuid, facts.parentUuid),
          ),
        )
        .where(and(eq(conversations.sessionId, sessionId), eq(conversations.parentId, parentId)))
        .get();
      if (before !== undefined) return before.id;
      // What stands between them was no message.
      const last = db
        .select({ id: conversations.id })
        .from(conversations)
        .where(
          and(eq(conversations.parentId, parentId), like(conversations.name, `${sessionId}/sidechain-%`)),
        )
        .orderBy(desc(conversations.id))
        .get();
      if (last !== undefined) return last.id;
    }
    const id = conversation(nameOfSidechain(sessionId, uuid), sessionId, parentId);
    const call = callWith(parentId, text);
    if (call !== null) setCall(id, call);
    return id;
  }

  function conversationOf(
    place: TranscriptPlace,
    uuid: string,
    facts: LineFacts,
    text: string | null,
  ): number | null {
    const sessionId = place.sessionId ?? facts.sessionId;
    // Nothing says whose words these are.
    if (sessionId === undefined) return null;
    const session = conversation(sessionId, sessionId);
    if (place.agentId !== null)
      return conversation(nameOfAgent(sessionId, place.agentId), sessionId, session);
    return facts.isSidechain && text !== null ? sidechain(sessionId, session, uuid, facts, text) : session;
  }

  function gainOf(conversationId: number): Gained {
    const known = gained.get(conversationId);
    if (known !== undefined) return known;
    const gain: Gained = {
      messages: 0,
      compactions: 0,
      startedAt: null,
      lastAt: null,
      project: null,
      gitBranch: null,
      model: null,
      claudeVersion: null,
    };
    gained.set(conversationId, gain);
    return gain;
  }

  function learn(gain: Gained, { at, cwd, gitBranch, version }: LineFacts): void {
    if (at !== null) {
      gain.startedAt = Math.min(gain.startedAt ?? at, at);
      gain.lastAt = Math.max(gain.lastAt ?? at, at);
    }
    gain.project ??= cwd ?? null;
    gain.gitBranch = gitBranch || gain.gitBranch;
    gain.claudeVersion = version ?? gain.claudeVersion;
  }

  function store({ mediaType, content }: Blob): number {
    const digest = createHash('sha256').update(mediaType).update('\0').update(content).digest('hex');
    const done = statements.blob.run({ digest, mediaType, content });
    if (done.changes > 0) return Number(done.lastInsertRowid);
    const row = statements.blobOf.get({ digest });
    if (row === undefined) throw new Error('a blob was not stored');
    return row.id;
  }

  function addParts(messageId: number, { parts }: MessageText): void {
    for (const [position, { blob, ...part }] of parts.entries())
      statements.part.run({ ...part, messageId, position, blobId: blob === null ? null : store(blob) });
  }

  function addUsage(
    conversationId: number,
    at: number | null,
    { answer, model, ...used }: AnswerUsage,
  ): void {
    statements.usage.run({
      answer,
      conversationId,
      model,
      at,
      inputTokens: used.input,
      outputTokens: used.output,
      cacheReadTokens: used.cacheRead,
      cacheWriteTokens: used.cacheWrite,
      cacheWriteLongTokens: used.cacheWriteLong,
    });
  }

  /** Up to 2.0.60 each subagent has a list of its own; later ones share that of the session. */
  function changeTaskList(
    { sessionId: placed, agentId }: TranscriptPlace,
    facts: LineFacts,
    call: TaskListCall,
  ): void {
    const sessionId = placed ?? facts.sessionId;
    if (sessionId === undefined) return;
    const isOwn = call.kind === 'list' && agentId !== null;
    const name = isOwn ? nameOfAgent(sessionId, agentId) : sessionId;
    const change = claudeTasks.apply({ name, sessionId }, call, facts.at ?? 0);
    if (change !== null) taskLists.push(change);
  }

  function addMessage(
    place: TranscriptPlace,
    { entry, uuid, said, taskListCall }: Extract<PreparedLine, { kind: 'message' }>,
  ): void {
    const { facts, model, apiMessageId, usage } = entry;
    const conversationId = conversationOf(place, uuid, facts, said.text);
    if (conversationId === null) return;
    const gain = gainOf(conversationId);
    const done = statements.message.run({
      conversationId,
      uuid,
      parentUuid: facts.parentUuid ?? null,
      role: said.role,
      apiMessageId,
      model,
      at: facts.at,
      text: said.text,
      cjk: said.cjk,
    });
    learn(gain, facts);
    gain.model = model ?? gain.model;
    if (done.changes > 0) {
      gain.messages += 1;
      addParts(Number(done.lastInsertRowid), said);
      if (taskListCall !== null) changeTaskList(place, facts, taskListCall);
    }
    if (usage !== null) addUsage(conversationId, facts.at, usage);
    const sessionId = place.sessionId ?? facts.sessionId;
    const call = said.parts.find(({ kind }) => kind === 'tool_result')?.toolUseId ?? null;
    if (entry.ofAgent !== null && call !== null && sessionId !== undefined)
      setCall(
        conversation(nameOfAgent(sessionId, entry.ofAgent), sessionId, conversation(sessionId, sessionId)),
        call,
      );
  }

  function addEvent(
    place: TranscriptPlace,
    { entry, uuid, content }: Extract<PreparedLine, { kind: 'event' }>,
  ): void {
    const conversationId = conversationOf(place, uuid, entry.facts, null);
    if (conversationId === null) return;
    const { changes } = db
      .insert(conversationEvents)
      .values({ conversationId, uuid, type: entry.event, at: entry.facts.at, content })
      .onConflictDoNothing()
      .run();
    const gain = gainOf(conversationId);
    learn(gain, entry.facts);
    if (changes > 0 && entry.event === 'compact_boundary') gain.compactions += 1;
  }

  return {
    add(place: TranscriptPlace, line: PreparedLine): void {
      if (line.kind === 'message') addMessage(place, line);
      else addEvent(place, line);
    },

    /**
     * Writes what the conversations have gained. The last thing in a transaction.
     * @returns the task lists that are not what they were
     */
    finish(): readonly TaskListChange[] {
      for (const [id, gain] of gained) statements.gain.run({ id, ...gain });
      gained.clear();
      const changed = taskLists;
      taskLists = [];
      return changed;
    },

    /** After a transaction that was taken back: what it had learnt is not so. */
    forget(): void {
      ids.clear();
      gained.clear();
      taskLists = [];
    },
  };
}

export type ConversationWriter = ReturnType<typeof createConversationWriter>;
