import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../db/open.ts';
import { connectMission } from '../../server/client/connect-mission.ts';
import { createTaskLedger } from '../../services/ledger/task-ledger.ts';
import { role } from '../actors/mission-stage.ts';
import { footprintOf, sendSignal } from '../chaos/processes.ts';
import { createStage, type Stage } from '../chaos/stage.ts';
import { forSmallAgent } from '../chaos/work.ts';
import { taskRow } from '../services/ledger/task-row.ts';

const SUBMISSIONS = 500;
const QUEUED = 10_000 - SUBMISSIONS;
/** So long agents finish tasks, and tasks are handed in. */
const DRIVEN_MS = 60_000;
const HOUR_MS = 60 * 60_000;
const WORK = { workMs: 50, tools: 1, asks: 0, words: 40 };

export interface DrivenLoad {
  readonly queued: number;
  /** Counted over the minute, for an hour. */
  readonly finishedAnHour: number;
  /** One submission by the typed client meanwhile, in milliseconds. */
  readonly submitMs: readonly number[];
  readonly residentMegabytes: number | null;
  /** From the start of the program after a kill -9 to its first answer, in milliseconds. */
  readonly restartMs: number;
}

const promptOf = (count: number): string => forSmallAgent(`task-bec4-${count}`, WORK);

function fillQueue(stage: Stage): void {
  const database = openDatabase(stage.databaseFile);
  const tasks = createTaskLedger(database.db);
  database.db.transaction(() => {
    for (let count = 0; count < QUEUED; count += 1)
      tasks.insert(taskRow({ role, prompt: promptOf(count), createdAt: Date.now() }));
  });
  database.close();
}

function finished(stage: Stage): number {
  const database = openDatabase(stage.databaseFile);
  try {
    return (
      database.raw.prepare<[], number>("select count(*) from tasks where status = 'done'").pluck().get() ?? 0
    );
  } finally {
    database.close();
  }
}

/** What a daemon costs while agents (small programs that behave like Claude Code) finish tasks of a long queue. */
export async function measureDrivenLoad(): Promise<DrivenLoad> {
  const stage = await createStage({ realClaude: false });
  try {
    fillQueue(stage);
    await stage.up();
    const client = connectMission({ home: stage.home });
    const submitMs: number[] = [];
    for (let count = 0; count < SUBMISSIONS; count += 1) {
      const from = performance.now();
      await client.submit({ role, prompt: promptOf(QUEUED + count) });
      submitMs.push(performance.now() - from);
      await sleep(Math.max(0, DRIVEN_MS / SUBMISSIONS - (performance.now() - from)));
    }
    const finishedAnHour = (finished(stage) * HOUR_MS) / DRIVEN_MS;
    const pid = stage.processes('daemon')[0]?.pid ?? 0;
    const residentMegabytes = footprintOf(pid)?.residentMegabytes ?? null;
    sendSignal(pid, 'SIGKILL');
    while (stage.processes('daemon').length > 0) await sleep(5);
    const from = performance.now();
    await stage.up();
    return {
      queued: QUEUED,
      finishedAnHour,
      submitMs,
      residentMegabytes,
      restartMs: performance.now() - from,
    };
  } finally {
    await stage.close({ keep: false });
  }
}
