import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ensureClaudeCode } from '../../services/claude/install.ts';
import { DIST, processesOf } from './world.ts';

const DEMO = path.join(DIST, 'server', 'demo', 'main.js');
/** Closely enough that one comes while the daemon still ends its agents. */
const EVERY_MS = 5;

/** What the demonstration has brought up so far, by which a moment can be named. */
const MOMENTS = [
  ['while it starts', 'pty-host'],
  ['while its agents work', '--session-id'],
] as const;

// A terminal that is closed says SIGHUP from several sides: the kernel, the shell, npm and bootstrap.
test.each(MOMENTS)('a terminal that is closed %s leaves no process and no folder', async (_, sign) => {
  await ensureClaudeCode();
  const directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-closed-'));
  const child = spawn(process.execPath, [DEMO], {
    env: { ...process.env, TMPDIR: directory, MISSION_WS_PORT: '0' },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  while (!processesOf(directory).some((line) => line.includes(sign))) await sleep(EVERY_MS);
  const closing = setInterval(() => child.kill('SIGHUP'), EVERY_MS);
  await exited;
  clearInterval(closing);
  const left = processesOf(directory);
  for (const line of left) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
  const folders = readdirSync(directory).filter((name) => name.startsWith('missiond-demo-'));
  rmSync(directory, { recursive: true, force: true });
  expect({ left, folders }).toEqual({ left: [], folders: [] });
});
