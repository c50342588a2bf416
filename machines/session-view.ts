import type { SnapshotFrom } from 'xstate';
import type { sessionMachine } from './session.ts';
import type { SessionContext } from './session-context.ts';
import type { Conversation, SessionReading } from './session-events.ts';
import { bothReadings, explainSession, type SessionWhy } from './session-why.ts';

/** The words that missiond's users know, and that recordings are scored with. */
export type SessionStateName =
  | 'idle'
  | 'thinking'
  | 'responding'
  | 'tool_running'
  | 'confirming'
  | 'error'
  | 'slash_menu'
  | 'starting'
  | 'exited'
  | 'unknown';

const NEAREST: Readonly<Record<Conversation, SessionStateName>> = {
  starting: 'starting',
  idle: 'idle',
  thinking: 'thinking',
  responding: 'responding',
  toolRunning: 'tool_running',
  confirming: 'confirming',
  error: 'error',
  slashMenu: 'slash_menu',
  trust: 'confirming',
  dialog: 'confirming',
  interrupted: 'idle',
  compacting: 'thinking',
  parked: 'idle',
  limited: 'error',
  unknown: 'unknown',
  exited: 'exited',
};

/** The nearest of the known words for a finer state. */
export function nearestState(conversation: Conversation): SessionStateName {
  return NEAREST[conversation];
}

export interface SessionView {
  readonly state: SessionStateName;
  readonly conversation: Conversation;
  readonly composer: string;
  readonly attachment: string;
  readonly health: string;
  readonly statusText: string | undefined;
  readonly contextLeftPercent: number | undefined;
  readonly reading: SessionReading | null;
  /** What moved it last, newest first, in words. */
  readonly evidence: readonly string[];
  readonly mismatches: number;
  readonly why: SessionWhy;
}

function statusOf({ conversation, error, limit, reading }: SessionContext): string | undefined {
  if (conversation === 'limited') return limit?.words;
  return conversation === 'error' ? (error ?? undefined) : reading?.activity;
}

/** What every door shows of a session. Pure. */
export function viewSession(snapshot: SnapshotFrom<typeof sessionMachine>): SessionView {
  const { context, value } = snapshot;
  const uncertain = value.health === 'uncertain';
  return {
    state: nearestState(context.conversation),
    conversation: context.conversation,
    composer: value.composer,
    attachment: value.attachment,
    // A signal that is only late is nothing to tell.
    health: value.health === 'wavering' ? 'ok' : value.health,
    statusText: uncertain ? `uncertain: ${bothReadings(context)}` : statusOf(context),
    contextLeftPercent: context.contextLeftPercent ?? undefined,
    reading: context.reading,
    evidence: [...context.evidence]
      .reverse()
      .slice(0, 5)
      .map(
        ({ from, to, rule, screen }) =>
          `${from} → ${to} by ${rule}${screen.length > 0 ? ` (screen: ${screen.join(', ')})` : ''}`,
      ),
    mismatches: context.mismatches,
    why: explainSession(context, uncertain),
  };
}
