import type { SessionEvent } from '../machines/session-events.ts';
import type { SessionStatus } from '../services/claude/session-registry.ts';

/** What Claude Code's register says of a session, as a signal; null: nothing is known of the process. */
export function registrySignal(status: SessionStatus | null, epoch: string, at: number): SessionEvent {
  return status === null || status.status === 'unknown'
    ? { type: 'registry.lost', epoch, at }
    : {
        type: 'registry.read',
        epoch,
        at,
        sessionId: status.sessionId,
        status: status.status,
        waitingFor: status.waitingFor ?? null,
      };
}
