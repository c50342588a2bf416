import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readSessionStatus } from './session-registry.ts';

/** A session of Claude Code whose process runs. */
export const RunningSession = z.object({
  sessionId: z.string(),
  status: z.enum(['idle', 'busy', 'waiting', 'shell', 'unknown']),
});
export type RunningSession = Readonly<z.infer<typeof RunningSession>>;

const REGISTERED = /^(\d{1,10})\.json$/;

/** By the registers of configuration directories (2.1.150 on; older versions keep none), in the order of their ids. */
export async function runningSessions(directories: Iterable<string>): Promise<readonly RunningSession[]> {
  const sessions = new Map<string, RunningSession>();
  for (const directory of directories) {
    const names = await readdir(path.join(directory, 'sessions')).catch((): readonly string[] => []);
    for (const name of names) {
      const pid = REGISTERED.exec(name)?.[1];
      const found = pid === undefined ? null : await readSessionStatus(directory, Number(pid));
      if (found !== null) sessions.set(found.sessionId, { sessionId: found.sessionId, status: found.status });
    }
  }
  return [...sessions.values()].sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1));
}
