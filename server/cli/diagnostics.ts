import { execFile } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { logsFolder } from '../../services/config/home.ts';
import { lastLines } from '../../services/diagnostics/last-lines.ts';
import { toFailure } from '../../services/errors/mission-error.ts';
import { readVersion } from '../version.ts';
import { findingsOf } from './checks.ts';
import type { CommandContext } from './command.ts';
import { reportRedaction } from './report.ts';

const run = promisify(execFile);
/** A program that is asked for its version answers in milliseconds; from a cold disk it takes longer. */
const ANSWERS_WITHIN_MS = 10_000;
/** Programs that missiond works with beside Claude Code, and how they are asked for their version. */
const TOOLS = [
  ['git', '--version'],
  ['tmux', '-V'],
  ['gh', '--version'],
  ['ssh', '-V'],
] as const;
const LOG_LINES = 50;

const Slots = z.object({ slots: z.array(z.object({ status: z.string() }).loose()) });
const Repositories = z.object({ repositories: z.array(z.unknown()) });
const Workers = z.object({ workers: z.array(z.object({ kind: z.string() }).loose()) });
const Tasks = z.object({ tasks: z.array(z.object({ status: z.string() }).loose()) });

type Context = Pick<CommandContext, 'home' | 'env' | 'call'>;

async function versionOf(program: string, option: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    const { stdout, stderr } = await run(program, [option], {
      timeout: ANSWERS_WITHIN_MS,
      env: { PATH: env['PATH'], HOME: env['HOME'] },
    });
    return (stdout || stderr).split('\n')[0]?.trim() ?? '';
  } catch {
    return null;
  }
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

type Statistics =
  | { readonly statistics: Record<string, unknown>; readonly problem: null }
  | { readonly statistics: null; readonly problem: string };

/** How much of everything there is, or why nobody says. */
async function statisticsOf({ call }: Context): Promise<Statistics> {
  try {
    const { slots } = Slots.parse(await call('mission_pty_status'));
    const { repositories } = Repositories.parse(await call('mission_repo_list'));
    const { workers } = Workers.parse(await call('mission_worker_list', { limit: 200 }));
    const { tasks } = Tasks.parse(await call('mission_task', { limit: 100 }));
    const statistics = {
      slots: countBy(slots.map(({ status }) => status)),
      repositories: repositories.length,
      agents: countBy(workers.map(({ kind }) => kind)),
      lastTasks: countBy(tasks.map(({ status }) => status)),
    };
    return { statistics, problem: null };
  } catch (error) {
    const { code, message } = toFailure(error);
    return { statistics: null, problem: `${code}: ${message}` };
  }
}

/** What there is and whether it works, without anything that must not leave this machine. */
export async function collectDiagnostics(context: Context): Promise<Diagnostics> {
  const { home, env } = context;
  const tools = await Promise.all(
    TOOLS.map(async ([program, option]) => [program, await versionOf(program, option, env)] as const),
  );
  const { statistics, problem } = await statisticsOf(context);
  return Diagnostics.parse(
    reportRedaction(
      home,
      env,
    )({
      missiond: readVersion(),
      node: process.version,
      system: { platform: process.platform, arch: process.arch, release: os.release() },
      home,
      daemon: { answers: problem === null, ...(problem === null ? {} : { problem }) },
      tools: Object.fromEntries(tools),
      findings: await findingsOf(context),
      statistics,
      log: await lastLines(path.join(logsFolder(home), 'missiond.log'), LOG_LINES),
    }),
  );
}

const Diagnostics = z.object({
  missiond: z.string(),
  node: z.string(),
  system: z.object({ platform: z.string(), arch: z.string(), release: z.string() }),
  home: z.string(),
  /** `problem`: why it does not, or what of its answer was wrong. */
  daemon: z.object({ answers: z.boolean(), problem: z.string().optional() }),
  /** What each says of its version; null where it is not installed. */
  tools: z.record(z.string(), z.string().nullable()),
  findings: z.array(z.object({ check: z.string(), result: z.string(), detail: z.string() })),
  /** Null while no daemon answers. */
  statistics: z.record(z.string(), z.unknown()).nullable(),
  log: z.array(z.string()),
});
export type Diagnostics = z.infer<typeof Diagnostics>;
