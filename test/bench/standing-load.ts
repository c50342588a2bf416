import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { openDatabase } from '../../db/open.ts';
import { connectMission } from '../../server/client/connect-mission.ts';
import { createTaskLedger } from '../../services/ledger/task-ledger.ts';
import { role } from '../actors/mission-stage.ts';
import { DIST } from '../e2e/world.ts';
import { taskRow } from '../services/ledger/task-row.ts';

const QUEUED = 10_000;
const FINISHED = 1_000;
const PROMPT_CHARACTERS = 500;
const RESULT_CHARACTERS = 4_000;
const SUBMISSIONS = 500;
const HOUR_MS = 60 * 60_000;
/** Long enough for a look at the whole queue, which happens every second. */
const SETTLES_MS = 5_000;
const RUNS_BARE = fileURLToPath(new URL('../fixtures/line-program.mjs', import.meta.url));

export interface StandingLoad {
  readonly queued: number;
  readonly finishedInTheLastHour: number;
  /** From the start of the program to its first answer, in milliseconds. */
  readonly readyMs: number;
  /** One submission by the typed client, over the socket, in milliseconds. */
  readonly submitMs: readonly number[];
  readonly residentMegabytesAtRest: number;
  readonly residentMegabytesAfterSubmissions: number;
}

function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

/** A home whose database holds the load; its one slot is busy with a program that never comes to its prompt. */
function createHome(): { readonly directory: string; readonly home: string } {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-load-'));
  const home = path.join(directory, 'home');
  mkdirSync(home, { mode: 0o700 });
  const slots = [{ id: 'coder-1', role, cwd: directory, command: RUNS_BARE }];
  writeFileSync(path.join(home, 'slots.yaml'), stringify({ slots, maxQueued: QUEUED + SUBMISSIONS }));
  const database = openDatabase(path.join(home, 'mission.db'));
  const tasks = createTaskLedger(database.db);
  const now = Date.now();
  database.db.transaction(() => {
    for (let count = 0; count < FINISHED; count += 1)
      tasks.insert(
        taskRow({
          role,
          status: 'done',
          prompt: 'x'.repeat(PROMPT_CHARACTERS),
          result: 'y'.repeat(RESULT_CHARACTERS),
          createdAt: now - HOUR_MS,
          finishedAt: now - (count * HOUR_MS) / FINISHED,
        }),
      );
    for (let count = 0; count < QUEUED; count += 1)
      tasks.insert(taskRow({ role, prompt: 'x'.repeat(PROMPT_CHARACTERS), createdAt: now }));
  });
  database.close();
  return { directory, home };
}

/** What a daemon costs that starts with a long queue and a busy hour behind it: the real program, in a process of its own. */
export async function measureStandingLoad(): Promise<StandingLoad> {
  const { directory, home } = createHome();
  const startedAt = performance.now();
  const daemon = spawn(
    process.execPath,
    [path.join(DIST, 'server', 'cli', 'missiond.js'), 'up', '--foreground', '--json', '--home', home],
    {
      env: { PATH: process.env['PATH'] ?? '', HOME: directory, LANG: 'C.UTF-8', MISSION_WS_PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    await once(createInterface({ input: daemon.stdout }), 'line');
    const readyMs = performance.now() - startedAt;
    const client = connectMission({ home });
    await sleep(SETTLES_MS);
    const pid = daemon.pid ?? 0;
    const residentMegabytesAtRest = residentMegabytes(pid);
    const submitMs: number[] = [];
    for (let submission = 0; submission < SUBMISSIONS; submission += 1) {
      const from = performance.now();
      await client.submit({ role, prompt: 'one more' });
      submitMs.push(performance.now() - from);
    }
    return {
      queued: QUEUED,
      finishedInTheLastHour: FINISHED,
      readyMs,
      submitMs,
      residentMegabytesAtRest,
      residentMegabytesAfterSubmissions: residentMegabytes(pid),
    };
  } finally {
    const ended = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}
