import type { MemoryJobLedger } from '../../services/ledger/memory-job-ledger.ts';
import { hours } from '../../services/memory/settings.ts';
import type { Bus } from '../bus.ts';
import type { Memory } from './api.ts';

/** The longest pause that can be asked for. */
const LONGEST_HOURS = 168;

/** Whether jobs may begin. A pause ends by itself; what goes on when it is set goes on. */
export function createPause({
  jobs,
  bus,
  now,
  usualHours,
  begin,
}: {
  readonly jobs: MemoryJobLedger;
  readonly bus: Pick<Bus, 'publish'>;
  readonly now: () => number;
  readonly usualHours: number;
  /** Before its first day the memory has no row of itself. */
  readonly begin: () => void;
}) {
  /** Null when it is not paused. */
  const until = (): number | null => jobs.state()?.pausedUntil ?? null;

  function end(by: string): void {
    jobs.updateState({ pausedUntil: null });
    bus.publish({ type: 'memory_paused', at: now(), paused: false, by });
  }

  const set: Memory['pause'] = (wish, { hours: wanted = usualHours, by }) => {
    const before = until();
    const paused = wish ?? before === null;
    if (!paused) {
      if (before !== null) end(by);
      return { paused };
    }
    const at = now();
    const pausedUntil = at + hours(wanted);
    begin();
    jobs.updateState({ pausedUntil });
    bus.publish({ type: 'memory_paused', at, paused, until: pausedUntil, by });
    return { paused, until: pausedUntil };
  };

  return {
    until,
    set,
    /** Ends a pause whose time is over, or lies further ahead than any does: the clock was set back. */
    look(): void {
      const end_ = until();
      if (end_ !== null && (end_ <= now() || end_ > now() + hours(LONGEST_HOURS))) end('missiond');
    },
  };
}
