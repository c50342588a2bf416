import { createInterface } from 'node:readline';
import { z } from 'zod';
import { openLog } from './last-lines.ts';
import { withOlderLogs } from './log-rotation.ts';
import { redactForReport } from './redact-report.ts';

/** As pino counts them. */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const;
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What is shown of a line; a stack has some thousand characters. */
const MOST_CHARACTERS = 8_000;

const Line = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().default('') });

/** One line of the daemon's log, without secrets. */
export interface LogEntry {
  readonly at: number;
  readonly level: LogLevel;
  readonly message: string;
  /** All else that stands in the line, as JSON. */
  readonly facts: string;
}

/** What must hold of an entry; all that is said. */
export interface LogFilter {
  readonly level?: LogLevel | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly slotId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly text?: string | undefined;
}

/** Behind which entry a page begins: its moment, and how many of that moment were shown. */
export interface LogPlace {
  readonly at: number;
  readonly shown: number;
}

function levelOf(number: number): LogLevel {
  return LOG_LEVELS.findLast((level) => LEVELS[level] <= number) ?? 'debug';
}

function parsed(text: string): z.output<typeof Line> | undefined {
  try {
    return Line.safeParse(JSON.parse(text)).data;
  } catch {
    // Half a line, of a daemon that was killed.
    return undefined;
  }
}

function entryOf({
  level,
  time,
  msg,
  pid: _,
  hostname: __,
  name: ___,
  ...facts
}: z.output<typeof Line>): LogEntry {
  const clean = (text: string): string => redactForReport(text).slice(0, MOST_CHARACTERS);
  return { at: time, level: levelOf(level), message: clean(msg), facts: clean(JSON.stringify(facts)) };
}

/** What is shown is looked through, and nothing else: a secret is not found by guessing. */
const holds = ({ message, facts }: LogEntry, wanted: string): boolean =>
  `${message} ${facts}`.toLowerCase().includes(wanted.toLowerCase());

function fits(line: z.output<typeof Line>, filter: LogFilter): boolean {
  const { level, since, until, slotId, taskId, text: wanted } = filter;
  return (
    (level === undefined || line.level >= LEVELS[level]) &&
    (since === undefined || line.time >= since) &&
    (until === undefined || line.time < until) &&
    (slotId === undefined || line['slotId'] === slotId) &&
    (taskId === undefined || line['taskId'] === taskId) &&
    (wanted === undefined || holds(entryOf(line), wanted))
  );
}

/** The newest entries of one file that fit, oldest first, `most` of them. */
async function newestOf(
  file: string,
  filter: LogFilter,
  before: LogPlace | undefined,
  most: number,
  signal: AbortSignal,
): Promise<readonly z.output<typeof Line>[]> {
  const handle = await openLog(file);
  if (handle === null) return [];
  const found: z.output<typeof Line>[] = [];
  try {
    for await (const text of createInterface({ input: handle.createReadStream({ autoClose: false }) })) {
      if (signal.aborted) break;
      const line = parsed(text);
      if (line === undefined || (before !== undefined && line.time > before.at)) continue;
      if (!fits(line, filter)) continue;
      found.push(line);
      if (found.length > most) found.shift();
    }
  } finally {
    await handle.close();
  }
  return found;
}

/**
 * Entries of a log and of what was put aside of it, newest first.
 * @returns `next` where there are older ones
 */
export async function searchEntries(
  file: string,
  filter: LogFilter,
  { before, limit, signal }: { before?: LogPlace | undefined; limit: number; signal: AbortSignal },
): Promise<{ readonly entries: readonly LogEntry[]; readonly next?: LogPlace }> {
  const skipped = before?.shown ?? 0;
  const most = limit + skipped + 1;
  const lines: z.output<typeof Line>[] = [];
  for (const one of withOlderLogs(file)) {
    if (lines.length >= most || signal.aborted) break;
    const newest = await newestOf(one, filter, before, most - lines.length, signal);
    lines.push(...[...newest].reverse());
  }
  const isShown = (line: z.output<typeof Line>, index: number): boolean =>
    before !== undefined && index < before.shown && line.time === before.at;
  const left = lines.filter((line, index) => !isShown(line, index));
  const page = left.slice(0, limit);
  const last = page.at(-1);
  if (left.length <= limit || last === undefined) return { entries: page.map(entryOf) };
  const sameMoment = page.filter(({ time }) => time === last.time).length;
  return {
    entries: page.map(entryOf),
    next: { at: last.time, shown: sameMoment + (before?.at === last.time ? before.shown : 0) },
  };
}
