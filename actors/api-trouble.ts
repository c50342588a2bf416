import type { SnapshotFrom } from 'xstate';
import type { sessionMachine } from '../machines/session.ts';
import { type ApiTrouble, apiTroubleOf } from '../services/claude/api-trouble.ts';
import type { ScreenReading } from '../services/terminal/reading.ts';

/** Claude Code has tried again by itself for minutes before it gives up. */
const API_IS_TRIED_AGAIN_MS = 60_000;
/** Somebody may have signed in elsewhere on this machine; where it was done in the terminal, the error is gone. */
const LOGIN_IS_TRIED_AGAIN_MS = 5 * 60_000;
const TRIED_AGAIN_MS: Readonly<Record<ApiTrouble, number>> = {
  api_down: API_IS_TRIED_AGAIN_MS,
  needs_login: LOGIN_IS_TRIED_AGAIN_MS,
};

type SessionSnapshot = SnapshotFrom<typeof sessionMachine>;

/** The trouble with which the last turn ended. */
function endedWith({ context }: SessionSnapshot): ApiTrouble | null {
  return context.conversation === 'error' && context.error !== null ? apiTroubleOf(context.error) : null;
}

/** What keeps the session from working that is nobody's fault here: the account, or the service. Null: nothing. */
export function troubleOf(session: SessionSnapshot, reading: ScreenReading | null): ApiTrouble | null {
  if (reading?.dialog?.kind === 'signIn') return 'needs_login';
  if (session.hasTag('busy') && reading?.retry !== undefined) return 'api_down';
  return endedWith(session);
}

/**
 * True while a prompt would only fail as the last one did.
 * @param now epoch milliseconds
 */
export function isInTrouble(session: SessionSnapshot, now: number): boolean {
  const trouble = endedWith(session);
  const since = session.context.evidence.findLast(({ to }) => to === 'error')?.at;
  return trouble !== null && since !== undefined && now - since < TRIED_AGAIN_MS[trouble];
}
