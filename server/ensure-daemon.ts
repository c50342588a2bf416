import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureHome, logsFolder } from '../services/config/home.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import type { DaemonFile } from './daemon-file.ts';
import { findDaemon } from './find-daemon.ts';
import { homeIsLocked } from './home-lock.ts';

/** A first start migrates a database and starts the pty host; a loaded machine may need long. */
const START_AT_MOST_MS = 60_000;
const LOOK_EVERY_MS = 50;
/** What is shown of the words of a daemon that did not start and did not say why in ours. */
const SHOWN_LINES = 15;
/** As the command line tells a failure. */
const TOLD = /^missiond: ([\s\S]+?)(?:\n {2}→ ([\s\S]+))?$/;

/** Starts a daemon that outlives the caller. What it says goes to the log; its address, with the token, does not. */
function startDaemon(home: string, env: NodeJS.ProcessEnv, log: string): ChildProcess {
  const output = openSync(log, 'a', 0o600);
  try {
    return spawn(
      process.execPath,
      [fileURLToPath(new URL('./cli/missiond.js', import.meta.url)), 'up', '--foreground', '--home', home],
      { detached: true, stdio: ['ignore', 'ignore', output], env },
    );
  } finally {
    closeSync(output);
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** What the daemon said of its own failure: the log holds those of earlier starts too. */
function failedStart(log: string, from: number): MissionError {
  const said = readFileSync(log).subarray(from).toString().trimEnd();
  const [, message, remedy] = TOLD.exec(said) ?? [];
  return new MissionError(
    'daemon_unreachable',
    message === undefined
      ? `The daemon did not start.\n${said.split('\n').slice(-SHOWN_LINES).join('\n')}`
      : `The daemon did not start: ${message}`,
    { remedy: remedy ?? `Run \`missiond up --foreground\` to see why; its log is ${log}.` },
  );
}

/**
 * Finds the daemon of a home, or starts one that outlives the caller. Two callers at the same time get the same one:
 * the second daemon finds the home locked and ends, and the first is found.
 * @throws MissionError `daemon_unreachable` with what it said, `config_invalid` for a home that cannot be used
 */
export async function ensureDaemon(
  home: string,
  env: NodeJS.ProcessEnv,
): Promise<DaemonFile & { readonly started: boolean }> {
  const running = await findDaemon(home);
  if (running !== null) return { ...running, started: false };
  ensureHome(home);
  const log = path.join(logsFolder(home), 'daemon.log');
  const from = sizeOf(log);
  const child = startDaemon(home, env, log);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  const deadline = Date.now() + START_AT_MOST_MS;
  while (Date.now() < deadline) {
    // One that is just starting may be too busy to answer.
    const found = await findDaemon(home).catch(() => null);
    if (found !== null) {
      child.unref();
      return { ...found, started: found.pid === child.pid };
    }
    // It also ends because another daemon was faster: that one is waited for.
    if (ended && !homeIsLocked(home)) break;
    await sleep(LOOK_EVERY_MS);
  }
  child.kill();
  throw failedStart(log, from);
}
