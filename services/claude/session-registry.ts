import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readRegularFile } from '../config/regular-file.ts';

/** `sessions/<pid>.json` of recent versions (seen on 2.1.329), rewritten at every edge. */
const RegisteredSession = z.looseObject({
  pid: z.number(),
  procStart: z.string().optional(),
  sessionId: z.string(),
  cwd: z.string().optional(),
  version: z.string().optional(),
  status: z.enum(['idle', 'busy', 'waiting', 'shell']).optional().catch(undefined),
  waitingFor: z.string().optional().catch(undefined),
  statusUpdatedAt: z.number().optional(),
});

/** Where Claude Code keeps its own files, by the environment that it was started with. */
export function configDirectoryOf(env: Readonly<Record<string, string | undefined>>): string | null {
  const { CLAUDE_CONFIG_DIR: own, HOME: home } = env;
  if (own) return own;
  return home ? path.join(home, '.claude') : null;
}

export interface SessionStatus {
  readonly sessionId: string;
  /** `shell`: at rest, with a background shell alive (2.1.329). */
  readonly status: 'idle' | 'busy' | 'waiting' | 'shell' | 'unknown';
  /** `permission prompt`, … while waiting. */
  readonly waitingFor?: string;
  /** Epoch milliseconds. */
  readonly updatedAt?: number;
  readonly version?: string;
}

/** It says a dozen things in a line. */
const LARGEST_BYTES = 64 * 1024;

/** Null where there is none, and for what is none of Claude Code's: on a pipe a thread of all would wait for ever. */
function registered(file: string): string | null {
  try {
    return readRegularFile(file, ({ size }) => {
      if (size > LARGEST_BYTES) throw new Error('it is too large');
    });
  } catch {
    return null;
  }
}

/** The start time of a process in clock ticks since boot, as Linux and `procStart` count it; null where /proc is missing. */
async function startTicks(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The name in brackets may hold blanks and brackets; field 22 is the 20th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[19] ?? null;
}

/**
 * What Claude Code itself says a process is doing. Null when there is no such file, when it is half written, or when it
 * stayed behind after a kill and the pid now belongs to another process.
 */
export async function readSessionStatus(configDirectory: string, pid: number): Promise<SessionStatus | null> {
  const file = path.join(configDirectory, 'sessions', `${pid}.json`);
  const text = registered(file);
  if (text === null) return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = RegisteredSession.safeParse(json);
  if (!parsed.success || parsed.data.pid !== pid) return null;
  const { sessionId, status, waitingFor, statusUpdatedAt, version, procStart } = parsed.data;
  const started = await startTicks(pid);
  const isAnother =
    started === null ? process.platform === 'linux' : procStart !== undefined && started !== procStart;
  if (isAnother) return null;
  return {
    sessionId,
    status: status ?? 'unknown',
    ...(waitingFor === undefined ? {} : { waitingFor }),
    ...(statusUpdatedAt === undefined ? {} : { updatedAt: statusUpdatedAt }),
    ...(version === undefined ? {} : { version }),
  };
}
