import Database from 'better-sqlite3';
import { z } from 'zod';
import type { TaskView } from '../../actors/mission/views.ts';
import { connectMission } from '../../server/client/connect-mission.ts';
import { FINAL } from './final-states.ts';
import type { HandedIn, Ran } from './run.ts';
import type { Stage } from './stage.ts';
import { readWitnesses, type Witnessed } from './witness.ts';
import { markIn } from './work.ts';

const Prompts = z.array(z.object({ prompt: z.string() }));

/** What became of one piece of work, as its door tells it and as the agents wrote it. */
interface Outcome extends HandedIn {
  readonly task: TaskView;
  readonly witnessed: Witnessed;
  /** Rows in the database that ask for it. */
  readonly rows: number;
}

/** One promise of missiond, and the work for which it was broken. */
export interface Broken {
  readonly promise: string;
  readonly by: readonly string[];
}

export interface Verdict {
  readonly outcomes: readonly Outcome[];
  readonly broken: readonly Broken[];
}

/**
 * How much more a calm daemon may hold after as many tasks again. V8 cleans up late: over twelve rounds a daemon went
 * from 143 up to 194 MB and back to 148.
 */
const MEMORY_GROWS_AT_MOST_MB = 60;
const DESCRIPTORS_GROW_AT_MOST = 3;
/**
 * Of the daemon, at rest after each of the calm rounds; the thread that reads transcripts is 30 to 40 of it. Seen after
 * the third: 213 to 221 (2026-11-22).
 */
const MEMORY_AT_MOST_MB = 240;
/** In so long everything can go wrong once. */
const EVERYTHING_WITHIN_MS = 120_000;

function rowsByMark(databaseFile: string): ReadonlyMap<string, number> {
  const database = new Database(databaseFile, { readonly: true });
  try {
    const counts = new Map<string, number>();
    for (const { prompt } of Prompts.parse(database.prepare('select prompt from tasks').all())) {
      const mark = markIn(prompt);
      if (mark !== null) counts.set(mark, (counts.get(mark) ?? 0) + 1);
    }
    return counts;
  } finally {
    database.close();
  }
}

function brokenByTasks(outcomes: readonly Outcome[], { told }: Ran): readonly Broken[] {
  const by = (broken: (outcome: Outcome) => boolean): readonly string[] =>
    outcomes
      .filter(broken)
      .map(
        ({ work, task, witnessed }) =>
          `${work.mark} (${task.id}, ${task.status}, taken ${witnessed.taken}, answered ${witnessed.answers.length}) ${task.error ?? ''}`,
      );
  return [
    { promise: 'every task is in a final state', by: by(({ task }) => !FINAL.has(task.status)) },
    { promise: 'no task is there twice', by: by(({ rows }) => rows > 1) },
    { promise: 'no task is done twice', by: by(({ witnessed }) => witnessed.answers.length > 1) },
    {
      promise: 'no task is called done that no agent did',
      by: by(({ task, witnessed }) => task.status === 'done' && witnessed.answers.length === 0),
    },
    {
      promise: 'every result is what the agent said',
      by: by(({ task, witnessed }) => task.status === 'done' && task.result !== witnessed.answers.at(-1)),
    },
    {
      promise: 'every result is of its own task',
      by: by(({ task, work }) => task.status === 'done' && markIn(task.result ?? '') !== work.mark),
    },
    {
      promise: 'no answer is lost',
      by: by(({ task, witnessed }) => task.status !== 'done' && witnessed.answers.length > 0),
    },
    {
      promise: 'a final state is final',
      by: by(({ task }) => [...(told.get(task.id) ?? [])].some((state) => state !== task.status)),
    },
  ];
}

function brokenByProcesses({ footprints, strayAgents }: Ran, orphans: readonly string[]): readonly Broken[] {
  const [first] = footprints;
  const last = footprints.at(-1);
  const grown = (['daemon', 'host'] as const).flatMap((kind) => {
    const before = first?.[kind];
    const after = last?.[kind];
    if (before == null || after == null) return [`there is no ${kind}`];
    const descriptors = after.descriptors - before.descriptors;
    const memory = after.residentMegabytes - before.residentMegabytes;
    return [
      ...(descriptors > DESCRIPTORS_GROW_AT_MOST
        ? [`${kind}: ${JSON.stringify(before.kinds)} → ${JSON.stringify(after.kinds)}`]
        : []),
      ...(memory > MEMORY_GROWS_AT_MOST_MB
        ? [`${kind}: ${before.residentMegabytes} MB → ${after.residentMegabytes} MB`]
        : []),
    ];
  });
  const heavy = footprints.flatMap(({ daemon }) =>
    daemon !== null && daemon.residentMegabytes > MEMORY_AT_MOST_MB ? [`${daemon.residentMegabytes} MB`] : [],
  );
  return [
    { promise: 'descriptors and memory stay flat', by: grown },
    { promise: `the daemon stays within ${MEMORY_AT_MOST_MB} MB`, by: heavy },
    { promise: 'every agent belongs to a slot', by: strayAgents.map((pid) => `process ${pid}`) },
    { promise: 'an orderly stop leaves no process', by: orphans },
  ];
}

/** A run in which nothing went wrong shows nothing. */
function brokenByFaults({ faults, forMs }: Ran): readonly Broken[] {
  const never = [...faults].filter(([, count]) => count === 0).map(([name]) => name);
  return [{ promise: 'everything has gone wrong', by: forMs < EVERYTHING_WITHIN_MS ? [] : never }];
}

/** What came of all that was handed in; asked of the daemon, so it must run. */
export async function outcomesOf(stage: Stage, ran: Ran): Promise<readonly Outcome[]> {
  const client = connectMission({ home: stage.home });
  const witnesses = readWitnesses(stage.claudeHome);
  const rows = rowsByMark(stage.databaseFile);
  const outcomes: Outcome[] = [];
  for (const handedIn of ran.handedIn) {
    const { mark } = handedIn.work;
    outcomes.push({
      ...handedIn,
      task: await client.status({ taskId: handedIn.taskId }),
      witnessed: witnesses.get(mark) ?? { taken: 0, answers: [] },
      rows: rows.get(mark) ?? 0,
    });
  }
  return outcomes;
}

export function judge(ran: Ran, outcomes: readonly Outcome[], orphans: readonly string[]): Verdict {
  const promises = [
    ...brokenByTasks(outcomes, ran),
    ...brokenByProcesses(ran, orphans),
    ...brokenByFaults(ran),
  ];
  return { outcomes, broken: promises.filter(({ by }) => by.length > 0) };
}
