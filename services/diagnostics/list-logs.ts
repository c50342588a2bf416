import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { openLog } from './last-lines.ts';

/** `slot-coder-1.log`, and what was put aside of it. */
const LOG = /^(?<name>.+)\.log(?:\.(?<age>\d+))?$/;

export interface LogFile {
  readonly file: string;
  /** Of the slot `coder-1`: `slot-coder-1`. */
  readonly name: string;
  /** How often it was put aside since; 0 is what is written now. */
  readonly age: number;
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly changedAt: number;
}

/** All logs of a folder, by name, each the latest first. */
export async function listLogs(folder: string): Promise<readonly LogFile[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (entry): Promise<LogFile | null> => {
      const { name, age } = LOG.exec(entry)?.groups ?? {};
      const file = path.join(folder, entry);
      const facts = name === undefined ? null : await stat(file).catch(() => null);
      if (name === undefined || facts?.isFile() !== true) return null;
      return { file, name, age: Number(age ?? 0), bytes: facts.size, changedAt: facts.mtimeMs };
    }),
  );
  return found
    .filter((log) => log !== null)
    .sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : one.age - other.age));
}

export interface LogHit {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** Lines of logs in which a text stands, whatever the case of its letters; the oldest of each log first. */
export async function* searchLogs(logs: readonly LogFile[], text: string): AsyncGenerator<LogHit> {
  const wanted = text.toLowerCase();
  for (const { file } of [...logs].sort((one, other) =>
    one.name === other.name ? other.age - one.age : 0,
  )) {
    const handle = await openLog(file);
    if (handle === null) continue;
    try {
      let line = 0;
      for await (const said of createInterface({ input: handle.createReadStream({ autoClose: false }) })) {
        line += 1;
        if (said.toLowerCase().includes(wanted)) yield { file, line, text: said };
      }
    } finally {
      await handle.close();
    }
  }
}

/**
 * Removes logs that have not changed since a moment (epoch milliseconds).
 * @param keep whether somebody holds a log open: it would go on being written to, unseen
 * @returns those that went, or would go
 */
export async function cleanLogs(
  folder: string,
  before: number,
  { dryRun, keep }: { readonly dryRun: boolean; readonly keep: (log: LogFile) => boolean },
): Promise<readonly LogFile[]> {
  const old = (await listLogs(folder)).filter((log) => log.changedAt < before && !keep(log));
  if (!dryRun) for (const { file } of old) await rm(file, { force: true });
  return old;
}
