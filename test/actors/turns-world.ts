import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTurns } from '../../actors/turns.ts';
import { DeliveryId } from '../../db/ids.ts';
import { openDatabase } from '../../db/open.ts';
import type { TaskEvent } from '../../machines/task-events.ts';
import { readTurn } from '../../services/claude/transcript.ts';
import { sameWords } from '../../services/keyboard/same-words.ts';
import { createSlotLedger } from '../../services/ledger/slot-ledger.ts';
import { createTaskLedger, type DeliveryRow, type TaskRow } from '../../services/ledger/task-ledger.ts';
import { deliveringTask, epoch, slotId, taskId } from './delivering-task.ts';

export const PROMPT = 'fix the bug';

const DELIVERY: DeliveryRow = {
  id: DeliveryId.parse('00000000-0000-4000-8000-000000000004'),
  taskId,
  slotId,
  epoch,
  attempt: 1,
  expected: PROMPT,
  status: 'typed',
  failure: null,
  transcriptPath: null,
  transcriptOffset: 0,
  promptId: null,
  createdAt: 0,
  typedAt: 1,
  submittedAt: null,
  answeredAt: null,
};

/** The lines that Claude Code writes (2.1.150 and 2.1.329), as far as they matter. */
const LINES = {
  prompt: (content: string) => ({ type: 'user', message: { role: 'user', content } }),
  answer: (text: string) => ({
    type: 'assistant',
    message: { content: [{ type: 'text', text }], stop_reason: 'end_turn' },
  }),
  error: (text: string) => ({
    type: 'assistant',
    isApiErrorMessage: true,
    message: { model: '<synthetic>', content: [{ type: 'text', text }], stop_reason: 'stop_sequence' },
  }),
  interruption: () => ({
    type: 'user',
    message: { content: [{ type: 'text', text: '[Request interrupted by user]' }] },
  }),
};

/** A task whose prompt has just been typed into a session with a real transcript. */
export function createTurnsWorld() {
  const folder = mkdtempSync(path.join(tmpdir(), 'missiond-turns-'));
  const transcript = path.join(folder, 'session.jsonl');
  writeFileSync(transcript, '');
  const database = openDatabase(':memory:');
  const tasks = createTaskLedger(database.db);
  const slots = createSlotLedger(database.db);
  tasks.insert(deliveringTask(PROMPT));
  tasks.startDelivery(DELIVERY);
  const state = { resting: false };
  const sent: TaskEvent[] = [];
  const errors: unknown[] = [];
  const told: string[] = [];

  function startDaemon() {
    return createTurns({
      tasks,
      slots,
      now: () => 0,
      sameWords,
      transcripts: {
        endOf: async () => ({ path: transcript, offset: 0 }),
        turnOf: ({ expected }) => readTurn(transcript, { prompt: expected }),
      },
      send(_, event) {
        sent.push(event);
        if (event.type === 'prompt.submitted') tasks.update(taskId, { status: 'running' });
        if (event.type === 'turn.ended') tasks.update(taskId, { status: 'done' });
        if (event.type === 'turn.failed') tasks.update(taskId, { status: 'failed' });
      },
      writeLater: (write) => write(),
      blockedBy: () => null,
      leftOpen: () => null,
      redact: (_, text) => text,
      isResting: () => state.resting,
      told: (_, task, words) => told.push(`${task === null ? 'nobody' : 'the task'}: ${words}`),
      onError: (error) => errors.push(error),
    });
  }

  return {
    state,
    sent,
    errors,
    /** What listeners are told of ended turns. */
    told,
    tasks,
    startDaemon,
    /** The row of the task as it stands. */
    task(): TaskRow {
      const row = tasks.get(taskId);
      if (row === undefined) throw new Error('the task has no row');
      return row;
    },
    /** Other words for the task, behind its prompt. */
    startDelivery(change: Pick<DeliveryRow, 'expected' | 'status'>): void {
      const id = DeliveryId.parse('00000000-0000-4000-8000-000000000005');
      tasks.startDelivery({ ...DELIVERY, id, createdAt: 2, typedAt: null, ...change });
    },
    write<Kind extends keyof typeof LINES>(kind: Kind, ...words: Parameters<(typeof LINES)[Kind]>): void {
      const [text = ''] = words;
      appendFileSync(transcript, `${JSON.stringify(LINES[kind](text))}\n`);
    },
    /** How the task ended: its answer, or its failure; undefined while it goes on. */
    outcome(): string | undefined {
      const end = sent.find(
        ({ type }) => type === 'turn.ended' || type === 'turn.failed' || type === 'session.lost',
      );
      if (end?.type === 'turn.ended') return `answered: ${end.result}`;
      return end?.type === 'turn.failed' || end?.type === 'session.lost'
        ? `${end.failure.code}: ${end.failure.message}`
        : undefined;
    },
    history: () =>
      slots.history(slotId).map(({ role, content, taskId: task }) => [role, content, task !== null]),
    close(): void {
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export type TurnsWorld = ReturnType<typeof createTurnsWorld>;
