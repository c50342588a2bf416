import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configDirectoryOf, type SessionStatus } from '../../../services/claude/session-registry.ts';
import { watchSession } from '../../../services/claude/watch-session.ts';

let configDirectory: string;
let stop: () => void;
let told: (SessionStatus | null)[];
let wake: () => void;

beforeEach(() => {
  configDirectory = mkdtempSync(path.join(tmpdir(), 'missiond-watch-'));
  told = [];
  wake = () => {};
});
afterEach(() => {
  stop();
  rmSync(configDirectory, { recursive: true });
});

function follow(): void {
  stop = watchSession({
    configDirectory,
    pid: process.pid,
    onStatus(status) {
      told.push(status);
      wake();
    },
  });
}

function write(value: object | string, pid = process.pid): void {
  const text = typeof value === 'string' ? value : JSON.stringify({ pid, sessionId: 'a', ...value });
  writeFileSync(path.join(configDirectory, 'sessions', `${pid}.json`), text);
}

/** Resolves when the last word that was told is this one. */
function until(status: string | null): Promise<void> {
  return new Promise((resolve) => {
    wake = () => {
      if (told.length > 0 && (told.at(-1)?.status ?? null) === status) resolve();
    };
    wake();
  });
}

test('every edge that Claude Code writes is told once', async () => {
  mkdirSync(path.join(configDirectory, 'sessions'));
  write({ status: 'idle' });
  follow();
  await until('idle');
  write({ status: 'busy' });
  await until('busy');
  write({ status: 'waiting', waitingFor: 'permission prompt' });
  await until('waiting');
  expect(told.at(-1)).toMatchObject({ sessionId: 'a', waitingFor: 'permission prompt' });
  const words = told.map((status) => status?.status);
  expect(words).toEqual(words.filter((word, index) => word !== words[index - 1]));
});

test('a version that keeps no register tells nothing; one that begins late is heard', async () => {
  follow();
  mkdirSync(path.join(configDirectory, 'sessions'));
  write({ status: 'busy' });
  await until('busy');
});

test.each([
  ['half a file', '{"pid": 1'],
  ['a word that nobody knows', { status: 'dreaming' }],
])('what was told does not hold on: %s', async (_, value) => {
  mkdirSync(path.join(configDirectory, 'sessions'));
  write({ status: 'busy' });
  follow();
  await until('busy');
  write(value);
  await until(null);
  write({ status: 'idle' });
  await until('idle');
});

test('nothing is told after it was stopped', async () => {
  mkdirSync(path.join(configDirectory, 'sessions'));
  write({ status: 'busy' });
  follow();
  await until('busy');
  stop();
  const before = told.length;
  write({ status: 'idle' });
  follow();
  await until('idle');
  expect(told.slice(before)).toHaveLength(1);
});

test.each([
  [{ HOME: '/home/x' }, '/home/x/.claude'],
  [{ HOME: '/home/x', CLAUDE_CONFIG_DIR: '/etc/claude' }, '/etc/claude'],
  [{ HOME: '/home/x', CLAUDE_CONFIG_DIR: '' }, '/home/x/.claude'],
  [{}, null],
])('%o keeps its files in %s', (env, expected) => {
  expect(configDirectoryOf(env)).toBe(expected);
});
