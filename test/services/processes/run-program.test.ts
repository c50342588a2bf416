import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runProgram } from '../../../services/processes/run-program.ts';

const MODULE = pathToFileURL(
  fileURLToPath(new URL('../../../dist/services/processes/run-program.js', import.meta.url)),
).href;
const WAIT = { timeout: 20_000, interval: 20 };

let folder: string;
let pidFile: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'missiond-run-'));
  pidFile = path.join(folder, 'pid');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lives = (pid: number): boolean => existsSync(`/proc/${pid}`);
const pidOfIt = () =>
  vi.waitFor(() => {
    const pid = Number(readFileSync(pidFile, 'utf8').trim());
    expect(pid).toBeGreaterThan(1);
    return pid;
  }, WAIT);
const options = () => ({
  env: process.env,
  signal: AbortSignal.timeout(30_000),
  printed: () => {},
});

test('what a program has left running ends with it', async () => {
  await runProgram(['/bin/sh', '-c', `sleep 300 > /dev/null 2>&1 & echo $! > ${pidFile}`], '', options());
  const pid = await pidOfIt();
  await vi.waitFor(() => expect(lives(pid)).toBe(false), WAIT);
});

test('it ends with a daemon that is killed', async () => {
  const command = `sleep 300 & echo $! > ${pidFile}; wait`;
  const daemon = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { runProgram } from ${JSON.stringify(MODULE)};
       await runProgram(['/bin/sh', '-c', ${JSON.stringify(command)}], '', { env: process.env, signal: new AbortController().signal, printed() {} });`,
    ],
    { stdio: 'ignore' },
  );
  const pid = await pidOfIt();
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
  await vi.waitFor(() => expect(lives(pid)).toBe(false), WAIT);
});

test('it ends although something outside its group holds its outputs open', async () => {
  await runProgram(
    ['/bin/sh', '-c', `setsid sh -c 'echo $$ > ${pidFile}; exec sleep 300' & sleep 0.2`],
    '',
    options(),
  );
  process.kill(await pidOfIt(), 'SIGKILL');
});

test('its input reaches it, and its end is told', async () => {
  let output = '';
  const failed = runProgram(['/bin/sh', '-c', 'cat; exit 4'], 'the words', {
    ...options(),
    printed(text) {
      output = text;
    },
  });
  await expect(failed).rejects.toThrow('status 4');
  expect(output).toBe('the words');
  await expect(runProgram(['/bin/sh', '-c', 'kill -9 $$'], '', options())).rejects.toThrow('SIGKILL');
});
