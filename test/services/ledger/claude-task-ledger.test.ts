import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import type { TaskListChange } from '../../../services/claude-tasks/listed-task.ts';
import { createTranscriptReader } from '../../../services/conversations/read-transcripts.ts';
import { createClaudeTaskLedger } from '../../../services/ledger/claude-task-ledger.ts';
import { createConversationRetention } from '../../../services/ledger/conversation-retention.ts';
import { createTranscriptLedger } from '../../../services/ledger/transcript-ledger.ts';
import { said, toolResult } from '../conversations/transcript-lines.ts';

const SESSION = '11111111-1111-4111-8111-111111111111';

let folder: string;
let database: OpenDatabase;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-todos-'));
  database = openDatabase(':memory:');
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Reads a transcript with these lines, and tells what became of the lists. */
function read(lines: readonly string[], name = SESSION): readonly TaskListChange[] {
  const file = path.join(folder, `${name}.jsonl`);
  writeFileSync(file, lines.join(''));
  const reader = createTranscriptReader(createTranscriptLedger(database.db), (text) =>
    text.replaceAll('hunter2', '[secret]'),
  );
  const changes: TaskListChange[] = [];
  for (let step = reader.step(file); step.bytes > 0; step = reader.step(file))
    changes.push(...step.taskLists);
  return changes;
}

const ledger = () => createClaudeTaskLedger(database.db);
const standing = () =>
  [...ledger().tasksOf([SESSION]).values()]
    .flat()
    .map(({ taskId, subject, status }) => `${taskId} ${subject}: ${status}`);
const result = (toolUseResult: object): string => toolResult('toolu_1', 'done', { toolUseResult });
const created = (id: string, subject: string): string => result({ task: { id, subject, description: 'x' } });
const moved = (taskId: string, to: string): string =>
  result({ success: true, taskId, statusChange: { from: 'pending', to } });

test('calls of a transcript make the list; read again they change nothing', () => {
  const lines = [
    said('go'),
    created('1', 'build with hunter2'),
    created('2', 'test'),
    moved('1', 'in_progress'),
    moved('2', 'deleted'),
    created('3', 'ship'),
    moved('1', 'completed'),
  ];
  expect(read(lines)).toHaveLength(6);
  expect(standing()).toEqual(['1 build with [secret]: completed', '3 ship: pending']);
  expect(read(lines.map((line) => line.replace('"go"', '"stop"')))).toEqual([]);
  expect(standing()).toEqual(['1 build with [secret]: completed', '3 ship: pending']);
});

test('a TodoWrite is the whole list', () => {
  const todos = (...contents: readonly string[]): string =>
    result({ oldTodos: [], newTodos: contents.map((content) => ({ content, status: 'pending' })) });
  const changes = read([todos('a', 'b'), todos('b'), todos('b')]);
  expect(changes.map(({ after }) => after.map(({ subject }) => subject))).toEqual([['a', 'b'], ['b']]);
  expect(standing()).toEqual(['1 b: pending']);
});

test('what the files say holds, whatever a transcript that is read later tells', () => {
  const task = {
    taskId: '1',
    subject: 'build',
    description: null,
    activeForm: 'building',
    status: 'in_progress' as const,
    owner: null,
    blockedBy: [],
  };
  ledger().replace({ name: SESSION, sessionId: SESSION }, [task], 2_000);
  expect(read([created('1', 'build'), created('2', 'gone long ago'), moved('1', 'completed')])).toEqual([]);
  expect(standing()).toEqual(['1 build: in_progress']);
});

test('a list that was not changed for so long as conversations are kept goes with them', () => {
  const { db } = database;
  ledger().replace({ name: SESSION, sessionId: SESSION }, [], 1_000);
  read([created('1', 'build')]);
  const retention = createConversationRetention(db);
  while (retention.forgetBefore(Date.UTC(2026, 0, 1)) > 0);
  expect(standing()).toEqual(['1 build: pending']);
  while (retention.forgetBefore(Date.UTC(2030, 0, 1)) > 0);
  expect(ledger().sessions({}, 10)).toEqual([]);
});
