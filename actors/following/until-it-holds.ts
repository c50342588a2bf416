import { within } from '../../services/deadline/within.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { untilEvent } from '../bus.ts';

/**
 * Waits until it holds, or the time is over, whichever comes first.
 * @throws MissionError `cancelled` when the caller goes away or the daemon stops
 */
export async function untilItHolds(
  bus: Parameters<typeof untilEvent>[0],
  holds: () => boolean,
  { waitMs, signals }: { readonly waitMs: number; readonly signals: readonly AbortSignal[] },
): Promise<void> {
  if (waitMs === 0) return;
  try {
    await untilEvent(bus, holds, within(waitMs, ...signals));
  } catch (cause) {
    if (signals.every(({ aborted }) => !aborted)) return;
    throw new MissionError('cancelled', 'The wait was given up; what was waited for goes on.', { cause });
  }
}
