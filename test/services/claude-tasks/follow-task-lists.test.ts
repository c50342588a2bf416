import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import { createTaskListFollower } from '../../../services/claude-tasks/follow-task-lists.ts';
import { createTaskFileLister } from '../../../services/claude-tasks/list-task-files.ts';
import { createClaudeTaskLedger } from '../../../services/ledger/claude-task-ledger.ts';

const SESSION = '71fa77c6-31d8-4c8a-b57e-dfdd38391302';
const HOUR_MS = 60 * 60_000;

let directory: string;
let database: OpenDatabase;
let now: number;
let keptSince: number;
let withheld: ReadonlySet<string>;
let look: ReturnType<typeof createTaskListFollower>;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-todos-'));
  database = openDatabase(':memory:');
  now = Date.now();
  keptSince = 0;
  withheld = new Set();
  look = createTaskListFollower({
    lister: createTaskFileLister(() => now),
    directories: () => new Set([directory]),
    mayRead: () => (sessionId) => !withheld.has(sessionId),
    ledger: createClaudeTaskLedger(database.db),
    redact: (text) => text.replaceAll('hunter2', '[secret]'),
    keptSince: () => keptSince,
    now: () => now,
  });
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true, force: true });
});

const task = (id: string, more: object = {}) => ({
  id,
  subject: `task ${id}`,
  description: 'all of it',
  status: 'pending',
  blocks: [],
  blockedBy: [],
  ...more,
});

/** As Claude Code writes it, some time after what was written before. */
function write(place: string, content: unknown): void {
  const file = path.join(directory, place);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  now += 10;
  utimesSync(file, now / 1_000, now / 1_000);
}

const standing = () =>
  [...createClaudeTaskLedger(database.db).tasksOf([SESSION]).values()]
    .flat()
    .map(({ taskId, subject, status }) => `${taskId} ${subject}: ${status}`);

test('a list is read, followed, and emptied', () => {
  write(`tasks/${SESSION}/2.json`, task('2', { blockedBy: ['1'] }));
  write(`tasks/${SESSION}/10.json`, task('10'));
  write(`tasks/${SESSION}/1.json`, task('1', { status: 'in_progress', activeForm: 'building', owner: 'me' }));
  write(`tasks/${SESSION}/.highwatermark`, '10');
  write(`tasks/${SESSION}/.lock`, '');
  const [change] = look();
  expect(change).toMatchObject({
    name: SESSION,
    sessionId: SESSION,
    before: [],
    after: [
      { taskId: '1', status: 'in_progress', activeForm: 'building', owner: 'me' },
      { taskId: '2', blockedBy: ['1'] },
      { taskId: '10' },
    ],
  });
  expect(look()).toEqual([]);

  write(`tasks/${SESSION}/1.json`, task('1', { status: 'completed' }));
  rmSync(path.join(directory, `tasks/${SESSION}/2.json`));
  expect(look()).toHaveLength(1);
  expect(standing()).toEqual(['1 task 1: completed', '10 task 10: pending']);

  for (const id of [1, 10]) rmSync(path.join(directory, `tasks/${SESSION}/${id}.json`));
  expect(look()).toMatchObject([{ after: [] }]);
  expect(standing()).toEqual([]);
});

test('the lists of a history stay when Claude Code has thrown its files away', () => {
  write(`tasks/${SESSION}/1.json`, task('1'));
  look();
  rmSync(path.join(directory, 'tasks'), { recursive: true });
  now += HOUR_MS;
  expect(look()).toEqual([]);
  expect(standing()).toEqual(['1 task 1: pending']);
});

test('older versions: one file for the whole list, and one for each subagent', () => {
  write(`todos/${SESSION}-agent-${SESSION}.json`, [
    { content: 'one', status: 'completed', activeForm: 'doing one' },
    { content: 'two', status: 'in_progress', activeForm: 'doing two' },
  ]);
  write(`todos/${SESSION}-agent-685b84c9.json`, [{ content: 'a part', status: 'pending', activeForm: 'x' }]);
  expect(look().map(({ name }) => name)).toEqual(
    expect.arrayContaining([SESSION, `${SESSION}/agent-685b84c9`]),
  );
  expect(standing()).toEqual(['1 one: completed', '2 two: in_progress', '1 a part: pending']);
});

test('a half-written file is waited for; one that stays broken keeps the others from nobody', () => {
  write(`tasks/${SESSION}/1.json`, task('1'));
  write(`tasks/${SESSION}/2.json`, '{"id": "2", "subj');
  expect(look()).toEqual([]);
  write(`tasks/${SESSION}/2.json`, task('2'));
  expect(look()).toHaveLength(1);
  expect(standing()).toHaveLength(2);

  write(`tasks/${SESSION}/3.json`, 'no JSON');
  expect(look()).toEqual([]);
  now += 5_000;
  look();
  expect(standing()).toEqual(['1 task 1: pending', '2 task 2: pending']);
});

test('what is no task list is no harm', () => {
  mkdirSync(path.join(directory, `tasks/${SESSION}`), { recursive: true });
  execFileSync('mkfifo', [path.join(directory, `tasks/${SESSION}/1.json`)]);
  write(`tasks/${SESSION}/2.json`, { ...task('2'), status: 'on fire', blockedBy: 7, owner: 3 });
  write('tasks/not-a-session/1.json', task('1'));
  write('todos/readme.json', ['x']);
  write(`todos/${SESSION}-agent-x.json`, { not: 'a list' });
  now += 5_000;
  look();
  expect(standing()).toEqual(['2 task 2: pending']);
});

test('a secret at the place where a long text is cut is taken out whole', () => {
  const long = `${'a'.repeat(1_996)}hunter2`;
  const task1 = task('1', { subject: long, description: long, activeForm: long, owner: long });
  write(`tasks/${SESSION}/1.json`, { ...task1, blockedBy: ['hunter2'] });
  write(`todos/${SESSION}-agent-x.json`, [{ content: long, status: 'pending', activeForm: long }]);
  const told = look();
  expect(told).toHaveLength(2);
  expect(JSON.stringify([told, [...createClaudeTaskLedger(database.db).tasksOf([SESSION])]])).not.toMatch(
    /ahunt|"hunter2/,
  );
  expect(told[0]?.after[0]?.subject).toHaveLength(2_000);
});

test('a broken file from the future is waited for no longer than another', () => {
  write(`tasks/${SESSION}/1.json`, task('1'));
  write(`tasks/${SESSION}/2.json`, 'no JSON');
  now -= 24 * HOUR_MS;
  look();
  expect(standing()).toEqual(['1 task 1: pending']);
});

test('secrets are taken out; lists of sessions that may not be read, and old ones, are not read', () => {
  const other = SESSION.replace('7', '8');
  write(`tasks/${SESSION}/1.json`, task('1', { subject: 'log in with hunter2' }));
  write(`tasks/${other}/1.json`, task('1'));
  withheld = new Set([SESSION]);
  expect(look().map(({ sessionId }) => sessionId)).toEqual([other]);
  withheld = new Set();
  look();
  expect(standing()).toEqual(['1 log in with [secret]: pending']);

  const old = SESSION.replace('7', '9');
  write(`tasks/${old}/1.json`, task('1'));
  keptSince = now + HOUR_MS;
  expect(look()).toEqual([]);
});
