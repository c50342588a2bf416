import { createActor } from 'xstate';
import { sessionMachine } from '../../machines/session.ts';
import type { Level, RegistryStatus, SessionEvent, SessionReading } from '../../machines/session-events.ts';
import { viewSession } from '../../machines/session-view.ts';
import { createVirtualClock } from '../../services/recording/virtual-clock.ts';

export const EPOCH = 'epoch-1';
export const SESSION = 'session-1';

/** A look at a screen that shows `level`. */
export function screen(level: Level, more: Partial<SessionReading> = {}): SessionReading {
  return { level, composer: { kind: 'empty', text: '' }, title: '', evidence: [`saw:${level}`], ...more };
}

/** An event without the fields that every event has; those are filled in by the bench. */
type Bare<E> = E extends { readonly type: 'registry.read' }
  ? Omit<E, 'epoch' | 'at'>
  : E extends SessionEvent
    ? Omit<E, 'epoch' | 'at' | 'sessionId'>
    : never;
export type BareEvent = Bare<SessionEvent>;

/** Fills in what every event carries. */
export function signal(event: BareEvent, at: number, epoch = EPOCH, sessionId = SESSION): SessionEvent {
  // A signal that is no hook carries a session id too many, which the machine never looks at.
  const whole = { sessionId, ...event, epoch, at };
  return whole;
}

/** A session machine on a clock that only moves when told. */
export function startSession() {
  const clock = createVirtualClock();
  const actor = createActor(sessionMachine, { clock, input: { epoch: EPOCH, sessionId: SESSION, at: 0 } });
  actor.start();
  const bench = {
    actor,
    clock,
    view: () => viewSession(actor.getSnapshot()),
    context: () => actor.getSnapshot().context,
    conversation: () => actor.getSnapshot().context.conversation,
    send: (event: BareEvent, from: { epoch?: string; sessionId?: string } = {}) =>
      actor.send(signal(event, clock.now(), from.epoch, from.sessionId)),
    shows: (level: Level, more: Partial<SessionReading> = {}) =>
      bench.send({ type: 'screen.read', reading: screen(level, more) }),
    /** What Claude Code writes of itself into its register. */
    registers: (status: RegistryStatus, sessionId = SESSION) =>
      bench.send({ type: 'registry.read', sessionId, status, waitingFor: null }),
    passes: (ms: number) => clock.moveTo(clock.now() + ms),
    /** At rest, with hooks that are heard. */
    ready: () => {
      bench.send({ type: 'hook.sessionStarted', source: 'startup' });
      bench.shows('idle');
      bench.passes(1_000);
    },
  };
  return bench;
}
