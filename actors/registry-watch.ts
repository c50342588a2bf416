import type { SlotId } from '../db/ids.ts';
import type { SessionStatus } from '../services/claude/session-registry.ts';
import type { SessionWatch } from '../services/claude/watch-session.ts';
import type { MissionCore } from './core.ts';
import type { WatchedRun } from './launcher.ts';

export type WatchSession = (watch: SessionWatch) => () => void;

/** Makes what Claude Code writes of itself into its register a signal of the session. */
export function createRegistryWatch(core: MissionCore, watchSession: WatchSession) {
  return (slotId: SlotId, { epoch, pid, configDirectory }: WatchedRun): (() => void) =>
    watchSession({
      configDirectory,
      pid,
      onStatus(status: SessionStatus | null) {
        const at = core.now();
        core.signal(
          slotId,
          status === null || status.status === 'unknown'
            ? { type: 'registry.lost', epoch, at }
            : {
                type: 'registry.read',
                epoch,
                at,
                sessionId: status.sessionId,
                status: status.status,
                waitingFor: status.waitingFor ?? null,
              },
        );
      },
    });
}
