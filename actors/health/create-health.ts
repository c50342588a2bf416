import type { OpenDatabase } from '../../db/open.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import type { EventLoopWatch } from '../../services/health/event-loop.ts';
import { type DatabaseFacts, lookAtDatabase } from '../../services/health/look-at-database.ts';
import type { OverviewLedger } from '../../services/ledger/overview-ledger.ts';
import type { MissionCore } from '../core.ts';
import {
  judgeDatabase,
  judgeDisk,
  judgeHost,
  judgeLoop,
  judgeMemory,
  judgeQueue,
  judgeSlots,
} from './health-checks.ts';
import type { HealthCheck, HealthView } from './health-views.ts';

/** What of the daemon itself is shown. */
export interface DaemonFacts {
  readonly home: string;
  readonly version: string;
  readonly port: () => number;
}

export interface HealthDependencies {
  readonly core: MissionCore;
  readonly raw: OpenDatabase['raw'];
  readonly overview: OverviewLedger;
  readonly loop: EventLoopWatch;
  readonly daemon: DaemonFacts;
  /** When it began, epoch milliseconds. */
  readonly beganAt: number;
}

/** Looks at everything that the daemon needs; what fails keeps nothing else from being looked at. */
export type LookAtHealth = (signal: AbortSignal) => Promise<HealthView>;

const FROM_THE_WORST = ['fail', 'warn', 'ok'] as const;
const RESTART =
  '`missiond doctor` says more; `missiond down --keep-agents` and `up` begin anew, agents work on.';

export function createHealth({
  core,
  raw,
  overview,
  loop,
  daemon,
  beganAt,
}: HealthDependencies): LookAtHealth {
  async function checked(
    check: string,
    look: () => HealthCheck | Promise<HealthCheck>,
  ): Promise<HealthCheck> {
    try {
      return await look();
    } catch (error) {
      return { check, result: 'fail', detail: messageOf(error).slice(0, 500), remedy: RESTART };
    }
  }

  return async (signal) => {
    const slots = [...core.runtimes.keys()].map((slotId) => core.view(slotId));
    let facts: DatabaseFacts | undefined;
    const queued = (): number => overview.tasks().find(({ status }) => status === 'queued')?.count ?? 0;
    const checks = await Promise.all([
      checked('database', () => {
        facts = lookAtDatabase(raw);
        return judgeDatabase(facts);
      }),
      checked('pty host', () => judgeHost(core.host(), signal)),
      checked('queue', () => judgeQueue(queued(), overview.oldestQueuedAt(), core.now())),
      checked('slots', () => judgeSlots(slots)),
      checked('disk', () => judgeDisk(daemon.home)),
      checked('event loop', () => judgeLoop(loop.delay())),
      checked('memory', () => judgeMemory(process.memoryUsage.rss())),
    ]);
    const claude = slots.flatMap(({ claudeVersion }) => (claudeVersion === undefined ? [] : [claudeVersion]));
    return {
      status: FROM_THE_WORST.find((result) => checks.some((check) => check.result === result)) ?? 'ok',
      checks: [...checks],
      uptime: Math.round((core.now() - beganAt) / 1_000),
      wsPort: daemon.port(),
      pty: slots.map(({ slotId, state, pid }) => ({ slotId, state, ...(pid === undefined ? {} : { pid }) })),
      versions: {
        missiond: daemon.version,
        node: process.version,
        ...(facts === undefined ? {} : { sqlite: facts.sqlite, schema: facts.schema }),
        claude: [...new Set(claude)],
      },
    };
  };
}
