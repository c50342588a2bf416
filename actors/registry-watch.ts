import type { SlotId } from '../db/ids.ts';
import type { SessionWatch } from '../services/claude/watch-session.ts';
import type { MissionCore } from './core.ts';
import type { WatchedRun } from './launcher.ts';
import { registrySignal } from './registry-signal.ts';

export type WatchSession = (watch: SessionWatch) => () => void;

/** Makes what Claude Code writes of itself into its register a signal of the session. */
export function createRegistryWatch(core: MissionCore, watchSession: WatchSession) {
  return (slotId: SlotId, { epoch, pid, configDirectory }: WatchedRun): (() => void) =>
    watchSession({
      configDirectory,
      pid,
      onStatus: (status) => core.signal(slotId, registrySignal(status, epoch, core.now())),
    });
}
