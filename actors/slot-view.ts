import type { SnapshotFrom } from 'xstate';
import { ClaudeSessionId, type TaskId } from '../db/ids.ts';
import type { sessionMachine } from '../machines/session.ts';
import { courseOf } from '../machines/session-courses.ts';
import { viewSession } from '../machines/session-view.ts';
import type { SessionWhy } from '../machines/session-why.ts';
import type { LaunchPlan, slotMachine } from '../machines/slot.ts';
import { isInTrouble, troubleOf } from './api-trouble.ts';
import type { Readiness } from './dispatcher.ts';
import type { Pause } from './governor/governor.ts';
import type { QuestionView, SlotView } from './mission/views.ts';
import type { WhyView } from './mission/why-view.ts';
import type { SlotRuntime } from './slot-runtime.ts';
import { limitEndsAt } from './usage-limit.ts';

export type SlotSnapshot = SnapshotFrom<typeof slotMachine>;
type SessionSnapshot = SnapshotFrom<typeof sessionMachine>;

/** The session that a live slot invokes. */
export function sessionOf(slot: SlotSnapshot): SessionSnapshot | undefined {
  return slot.children.session?.getSnapshot();
}

const NO_SESSION = {
  conversation: 'exited',
  composer: 'absent',
  attachment: 'none',
  health: 'ok',
  evidence: [],
} as const;

/** Slots that are between two programs are shown with one word. */
function statusOf(slot: SlotSnapshot): string {
  if (slot.hasTag('starting')) return 'starting';
  return slot.value === 'lost' || slot.value === 'failing' ? 'ended' : slot.value;
}

function viewWhy(why: SessionWhy, now: number): WhyView {
  return {
    ...why,
    signals: why.signals.map((signal) => ({ ...signal, ageMs: Math.max(0, now - signal.at) })),
    changes: [...why.changes],
    mismatches: [...why.mismatches],
  };
}

/** The plan under which a slot has a terminal. Null while none is its own. */
export function heldPlan(slot: SlotSnapshot | undefined): LaunchPlan | null {
  return slot?.hasTag('holdsTerminal') === true ? slot.context.plan : null;
}

/** What is shown of a slot whose statechart has failed: it is listed with the others, and nothing is done in it. */
export function viewCrashed(runtime: SlotRuntime, logFile: string): SlotView {
  const { id, role, description, cwd } = runtime.configuration;
  return {
    slotId: id,
    role,
    description,
    cwd,
    status: 'crashed',
    state: 'exited',
    ...NO_SESSION,
    evidence: [],
    failure: crashText(runtime) ?? 'It is not known to this daemon.',
    logFile,
  };
}

/** How the statechart of a slot failed and what comes of it. Null when it did not. */
function crashText({ crash }: SlotRuntime): string | null {
  if (crash === null) return null;
  const next = crash.willRespawn
    ? 'It is put together again in a moment.'
    : 'It failed too often and is left alone until the daemon is restarted.';
  return `missiond failed on this slot: ${crash.message} ${next}`;
}

function viewPause({ why, until }: Pause): SlotView['paused'] {
  return { why, ...(until === null ? {} : { until }) };
}

/** When a slot that a usage limit has stopped goes on. */
function limitOf(slot: SlotSnapshot): number | null {
  const session = sessionOf(slot);
  return session?.context.conversation === 'limited' ? limitEndsAt(session, slot.context.slotId) : null;
}

/** What every door shows of a slot. */
export function viewSlot(
  slot: SlotSnapshot,
  runtime: SlotRuntime,
  more: {
    readonly question: QuestionView | undefined;
    readonly taskId: TaskId | undefined;
    /** The task for which it is being brought to another folder. */
    readonly broughtFor: TaskId | null;
    /** The task in whose worktree the session stands. */
    readonly worktreeOf: TaskId | undefined;
    readonly pause: Pause | null;
    readonly logFile: string;
    /** Epoch milliseconds. */
    readonly now: number;
  },
): SlotView {
  const { context } = slot;
  const { configuration } = runtime;
  const snapshot = sessionOf(slot);
  const session = snapshot === undefined ? undefined : viewSession(snapshot);
  const starting = statusOf(slot) === 'starting';
  const failure = context.failure?.message ?? runtime.crash?.message;
  const handOver = slot.children.handOver?.getSnapshot().value ?? 'none';
  const startsAgainAt = context.pause?.until ?? limitOf(slot) ?? undefined;
  const trouble = snapshot === undefined ? null : troubleOf(snapshot, runtime.reading);
  const sessionId = sessionIdOf(slot);
  return {
    slotId: context.slotId,
    role: context.role,
    description: configuration.description,
    cwd: runtime.cwd,
    ...(more.broughtFor === null ? {} : { broughtFor: more.broughtFor }),
    ...(more.worktreeOf === undefined ? {} : { worktreeOf: more.worktreeOf }),
    status: statusOf(slot),
    state: session?.state ?? (starting ? 'starting' : 'exited'),
    conversation: session?.conversation ?? (starting ? 'starting' : NO_SESSION.conversation),
    composer: session?.composer ?? NO_SESSION.composer,
    attachment: session?.attachment ?? NO_SESSION.attachment,
    health: session?.health ?? NO_SESSION.health,
    ...(session?.statusText === undefined ? {} : { statusText: session.statusText }),
    ...(context.pid === null ? {} : { pid: context.pid }),
    ...(session === undefined || context.plan === null ? {} : { epoch: context.plan.epoch }),
    ...(sessionId === null ? {} : { sessionId }),
    ...(runtime.claudeVersion === null ? {} : { claudeVersion: runtime.claudeVersion }),
    ...(session === undefined || context.startedAt === null ? {} : { startedAt: context.startedAt }),
    ...(more.taskId === undefined ? {} : { currentTaskId: more.taskId }),
    ...(more.question === undefined ? {} : { pendingConfirmation: more.question }),
    ...(session?.contextLeftPercent === undefined ? {} : { contextLeftPercent: session.contextLeftPercent }),
    ...(runtime.costUsd === null ? {} : { costUsd: runtime.costUsd }),
    ...(runtime.lastActivityAt === null ? {} : { lastActivityAt: runtime.lastActivityAt }),
    evidence: [...(session?.evidence ?? NO_SESSION.evidence)],
    ...(session === undefined ? {} : { why: viewWhy(session.why, more.now) }),
    ...(failure == null ? {} : { failure }),
    ...(more.pause === null ? {} : { paused: viewPause(more.pause) }),
    ...(startsAgainAt === undefined ? {} : { startsAgainAt }),
    ...(trouble === null ? {} : { trouble }),
    ...(handOver === 'none' ? {} : { handOver }),
    logFile: more.logFile,
  };
}

/** States in which a prompt may be typed: the turn is over and the box is open. */
const OPEN_FOR_PROMPTS: ReadonlySet<string> = new Set(['idle', 'interrupted', 'error', 'parked']);

/**
 * Whether a slot can take a task now. One gate for every sender.
 * @param now epoch milliseconds
 */
export function readinessOf(slot: SlotSnapshot, now: number): Readiness {
  if (slot.value === 'stopped') return 'startable';
  if (slot.value === 'quarantined') return 'quarantined';
  const snapshot = sessionOf(slot);
  if (snapshot === undefined || snapshot.context.reading === null) return 'busy';
  const session = viewSession(snapshot);
  const limited = limitEndsAt(snapshot, slot.context.slotId);
  const over = limited !== null && limited <= now;
  const isOpen = (state: string): boolean => OPEN_FOR_PROMPTS.has(state) || (over && state === 'limited');
  // Two kinds of signal must agree: after a Stop hook the screen shows the turn for some frames more.
  const open =
    !isInTrouble(snapshot, now) &&
    isOpen(session.conversation) &&
    isOpen(snapshot.context.level) &&
    (session.composer === 'empty' || session.composer === 'ghost') &&
    session.attachment !== 'takenOver' &&
    (session.health === 'ok' || session.health === 'uncertain');
  return open ? 'ready' : 'busy';
}

/**
 * True when hooks and screen agree that no turn goes on, whatever stands in the prompt box.
 * @param since epoch milliseconds; a screen that was looked at before does not count
 */
export function hasSettled(slot: SlotSnapshot, since: number): boolean {
  const snapshot = sessionOf(slot);
  return (
    snapshot?.hasTag('resting') === true &&
    (snapshot.context.readingAt ?? 0) >= since &&
    (OPEN_FOR_PROMPTS.has(snapshot.context.level) || snapshot.context.level === 'limited')
  );
}

/** Claude Code's id of the conversation in the terminal: `/clear` begins another one. */
export function sessionIdOf(slot: SlotSnapshot): ClaudeSessionId | null {
  const current = ClaudeSessionId.safeParse(sessionOf(slot)?.context.sessionId).data;
  return current ?? slot.context.plan?.sessionId ?? null;
}

/** True when this run of Claude Code has come to the end of a turn: it works. */
export function hasEndedATurn({ context }: SessionSnapshot): boolean {
  return context.evidence.some(
    ({ from, to }) => courseOf(from) === 'busy' && (to === 'idle' || to === 'parked'),
  );
}

/** True when the session rests at its prompt, whether or not somebody types there. */
export function isResting(slot: SlotSnapshot): boolean {
  return sessionOf(slot)?.hasTag('resting') ?? false;
}

/** True while a person types in the session, or has words or a menu in its prompt box: it is not ended under their hands. */
export function personTypes(slot: SlotSnapshot): boolean {
  const value = sessionOf(slot)?.value;
  return value?.attachment === 'takenOver' || value?.composer === 'personDraft' || value?.composer === 'menu';
}
