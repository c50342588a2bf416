import type { Epoch, SlotId } from '../db/ids.ts';
import type { RateLimitWindow } from '../services/claude/read-status-line.ts';
import type { MissionCore } from './core.ts';
import type { Governing } from './governor/create-governing.ts';

/** What Claude Code tells its status line, and the row that is shown for it. */
export interface StatusLine {
  readonly row: string;
  readonly contextLeftPercent: number | null;
  readonly costUsd: number | null;
  readonly version: string | null;
  readonly sessionId: string | null;
  readonly windows: readonly RateLimitWindow[];
}
export type StatusLineReader = (body: unknown) => StatusLine;

/** The share is rounded, and a limit comes a little before all is used. */
const USED_UP_PERCENT = 95;

/** When the last of the windows that are used up resets. */
function usedUpUntil({ windows }: StatusLine): number | null {
  const resets = windows.filter(({ usedPercent }) => usedPercent >= USED_UP_PERCENT);
  return resets.length === 0 ? null : Math.max(...resets.map(({ resetsAt }) => resetsAt));
}

export interface StatusLinesDependencies {
  readonly core: MissionCore;
  readonly governing: Pick<Governing, 'statusLineRead'>;
  readonly read: StatusLineReader;
  /** Writes in the next transaction. */
  readonly writeLater: (write: () => void) => void;
}

/** Takes in what sessions tell their status lines: context left, money, version. Returns the row to show. */
export function createStatusLines({ core, governing, read, writeLater }: StatusLinesDependencies) {
  return function receiveStatusLine(slotId: SlotId, epoch: Epoch, body: unknown): string {
    const line = read(body);
    const runtime = core.runtime(slotId);
    if (runtime.epoch !== epoch) return '';
    runtime.costUsd = line.costUsd ?? runtime.costUsd;
    governing.statusLineRead(slotId, epoch, line);
    if (line.version !== null && line.version !== runtime.claudeVersion) {
      const claudeVersion = line.version;
      runtime.claudeVersion = claudeVersion;
      writeLater(() => core.slots.updateSession(epoch, { claudeVersion }));
    }
    core.signal(slotId, {
      type: 'statusLine.read',
      epoch,
      at: core.now(),
      contextLeftPercent: line.contextLeftPercent,
      windowResetsAt: usedUpUntil(line),
    });
    return line.row;
  };
}
