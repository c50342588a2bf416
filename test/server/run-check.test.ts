import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCheckRunner } from '../../server/run-check.ts';

let folder: string;
let run: ReturnType<typeof createCheckRunner>;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'missiond-check-')));
  run = createCheckRunner({ PATH: process.env['PATH'], TOKEN: 'secret' });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const check = (command: string, signal = AbortSignal.timeout(30_000)) => {
  let output = '';
  const ended = run(folder, command, {
    signal,
    printed(text) {
      output = text;
    },
  });
  return ended.then(
    () => ({ how: 'agreed', output }),
    (error: unknown) => ({ how: String(error), output }),
  );
};

test('a command runs in its folder, without what only the daemon should know', async () => {
  expect(await check('pwd; echo "token: $TOKEN"')).toEqual({ how: 'agreed', output: `${folder}\ntoken: \n` });
});

test('one that ends with another status than 0 does not agree, and what it said is kept', async () => {
  const { how, output } = await check('echo broken >&2; exit 3');
  expect(how).toContain('status 3');
  expect(output).toBe('broken\n');
});

test('one that is called off ends with everything it started', async () => {
  const stop = new AbortController();
  const pidFile = path.join(folder, 'pid');
  const ended = check(`sleep 300 & echo $! > ${pidFile}; wait`, stop.signal);
  const pid = await vi.waitUntil(
    () => {
      try {
        return Number(readFileSync(pidFile, 'utf8').trim()) || undefined;
      } catch {
        return undefined;
      }
    },
    { timeout: 20_000 },
  );
  stop.abort();
  expect((await ended).how).toContain('did not end in time');
  await vi.waitUntil(() => !isAlive(pid), { timeout: 20_000 });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that its new parent has not looked after yet is no process any more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
