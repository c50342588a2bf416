import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MissionError } from '../services/errors/mission-error.ts';
import { type DaemonFile, readDaemonFile } from './daemon-file.ts';
import { socketAnswers } from './http/listen.ts';

/** A first start migrates a database and starts the pty host; a loaded machine may need long. */
const START_AT_MOST_MS = 60_000;
const LOOK_EVERY_MS = 50;
/** What is shown of the log of a daemon that did not start. */
const SHOWN_LINES = 15;

/** The daemon that serves a home, or null when none answers. */
export async function findDaemon(home: string): Promise<DaemonFile | null> {
  const file = readDaemonFile(home);
  return file !== null && (await socketAnswers(path.join(home, 'missiond.sock'))) ? file : null;
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
  } catch {
    return '';
  }
}

/**
 * Finds the daemon of a home, or starts one that outlives the caller. Two callers at the same time get the same one:
 * the second daemon finds the home locked and ends, and the first is found.
 * @throws MissionError `daemon_unreachable` with the last lines of its log
 */
export async function ensureDaemon(
  home: string,
  env: NodeJS.ProcessEnv,
): Promise<DaemonFile & { readonly started: boolean }> {
  const running = await findDaemon(home);
  if (running !== null) return { ...running, started: false };
  mkdirSync(path.join(home, 'logs'), { recursive: true, mode: 0o700 });
  const log = path.join(home, 'logs', 'daemon.log');
  const output = openSync(log, 'a', 0o600);
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./cli/missiond.js', import.meta.url)), 'up', '--foreground', '--home', home],
    {
      detached: true,
      stdio: ['ignore', output, output],
      env,
    },
  );
  closeSync(output);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  const deadline = Date.now() + START_AT_MOST_MS;
  while (Date.now() < deadline) {
    const found = await findDaemon(home);
    if (found !== null) {
      child.unref();
      return { ...found, started: found.pid === child.pid };
    }
    if (ended) break;
    await sleep(LOOK_EVERY_MS);
  }
  // The child may have ended because another daemon was faster.
  const other = await findDaemon(home);
  if (other !== null) return { ...other, started: false };
  child.kill();
  throw new MissionError('daemon_unreachable', `The daemon did not start.\n${lastLines(log)}`, {
    remedy: `Run \`missiond up --foreground\` to see why; its log is ${log}.`,
  });
}
