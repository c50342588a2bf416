import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';
import { sessionMachine } from '../../machines/session.ts';
import { CONVERSATION_STATES, type Level, type LevelWon } from '../../machines/session-events.ts';
import { viewSession } from '../../machines/session-view.ts';
import { createVirtualClock } from '../../services/recording/virtual-clock.ts';
import { type BareEvent, EPOCH, SESSION, screen, signal, startSession } from './session-bench.ts';

const LEVELS = CONVERSATION_STATES.filter((state): state is Level => state !== 'exited');
const HOOKS: readonly BareEvent[] = [
  { type: 'hook.sessionStarted', source: 'startup' },
  { type: 'hook.promptSubmitted' },
  { type: 'hook.toolStarted', tool: 'Bash' },
  { type: 'hook.permissionRequested', tool: 'Bash' },
  { type: 'hook.toolEnded' },
  { type: 'hook.messageShown' },
  { type: 'hook.stopped', backgroundTasks: 0 },
  { type: 'hook.stopped', backgroundTasks: 1 },
  { type: 'hook.stopFailed', error: 'overloaded' },
  { type: 'hook.compacting' },
  { type: 'hook.compacted', byHand: false },
  { type: 'hook.compacted', byHand: true },
  { type: 'hook.other', name: 'Notification' },
];
const REGISTER: readonly BareEvent[] = (['idle', 'busy', 'waiting', 'shell'] as const).map((status) => ({
  type: 'registry.read',
  sessionId: SESSION,
  status,
  waitingFor: null,
}));
const REST: readonly BareEvent[] = [
  { type: 'session.restored' },
  { type: 'pty.exited', code: 0, signal: null },
];
const AROUND: readonly BareEvent[] = [
  { type: 'statusLine.read', contextLeftPercent: 50 },
  { type: 'attachment.changed', viewers: 1, controllers: 0 },
  { type: 'attachment.changed', viewers: 0, controllers: 0 },
  { type: 'person.typed' },
  { type: 'delivery.began' },
  { type: 'delivery.ended' },
];
const SCREENS = LEVELS.map((level) => ({ type: 'screen.read' as const, reading: screen(level) }));
const PLAIN: ReadonlySet<Level> = new Set(['idle', 'thinking', 'confirming', 'unknown']);
const isPlain = ({ reading }: (typeof SCREENS)[number]): boolean => PLAIN.has(reading.level);
const EVENTS: readonly BareEvent[] = [...HOOKS, ...REST, ...REGISTER, ...AROUND, ...SCREENS];

describe('every way through the session', () => {
  // The walk knows no time: that the signals win a dispute in the end is an event like others.
  function walk(events: readonly BareEvent[]) {
    const walked = events.map((event) => signal(event, 1));
    const wins = (level: Level): LevelWon => ({ type: `level.${level}`, rule: 'screen' });
    return getAdjacencyMap(sessionMachine, {
      input: { epoch: EPOCH, sessionId: SESSION, at: 0 },
      events: ({ value, context }) =>
        value.reconciler === 'contradicted' && context.disputed !== null
          ? [...walked, wins(context.disputed.to)]
          : walked,
      serializeState: ({ value, context }) =>
        JSON.stringify([
          value.conversation,
          value.reconciler,
          context.level,
          context.hooksHeard,
          context.registry?.status,
          context.ending,
        ]),
      limit: 30_000,
    });
  }

  it.each([
    ['hooks and screens', [...HOOKS, ...SCREENS, ...REST], [...CONVERSATION_STATES]],
    [
      'hooks, the register and the plainest screens',
      [...HOOKS.slice(1, 4), ...HOOKS.slice(6, 8), ...SCREENS.filter(isPlain), ...REGISTER, ...REST],
      ['starting', 'idle', 'thinking', 'toolRunning', 'confirming', 'parked', 'unknown', 'exited'],
    ],
  ])('by %s reaches what it should, and none of them throws', (_, events, states) => {
    const map = walk(events);
    const reached = new Set(Object.values(map).map(({ state }) => state.context.conversation));
    expect([...reached].sort()).toEqual([...states].sort());
    for (const { state, nextState } of adjacencyMapToArray(map)) {
      expect(nextState.status).toBe('active');
      expect(nextState.matches({ conversation: nextState.context.conversation })).toBe(true);
      // Nothing is left half done: what has won is believed.
      expect(nextState.value.reconciler).not.toBe('yielding');
      if (state.matches({ conversation: 'exited' }))
        expect(nextState.matches({ conversation: 'exited' })).toBe(true);
    }
  });

  const step = fc.oneof(
    fc.constantFrom(...EVENTS).map((event) => ({ event, ms: 0 })),
    fc.integer({ min: 1, max: 3_000 }).map((ms) => ({ event: null, ms })),
  );

  it('comes to agree with a screen that stands still, whatever came before', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.constantFrom<Level>('idle', 'confirming', 'thinking'),
        (steps, level) => {
          const session = startSession();
          for (const { event, ms } of steps) {
            if (event !== null && event.type !== 'pty.exited') session.send(event);
            session.passes(ms);
          }
          session.shows(level);
          session.passes(5_000);
          const expected =
            level === 'idle' ? ['idle', 'error'] : level === 'confirming' ? ['confirming'] : null;
          if (expected === null) expect(session.actor.getSnapshot().hasTag('busy')).toBe(true);
          else expect(expected).toContain(session.view().state);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('goes on from its snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const session = startSession();
        for (const { event, ms } of steps) {
          if (event !== null) session.send(event);
          session.passes(ms);
        }
        const snapshot = JSON.parse(JSON.stringify(session.actor.getPersistedSnapshot()));
        const clock = createVirtualClock();
        const restored = createActor(sessionMachine, {
          clock,
          snapshot,
          input: { epoch: EPOCH, sessionId: SESSION, at: 0 },
        }).start();
        expect(viewSession(restored.getSnapshot())).toEqual(session.view());
        const ended = session.conversation() === 'exited';
        restored.send(signal({ type: 'session.restored' }, 1));
        restored.send(signal({ type: 'screen.read', reading: screen('idle') }, 2));
        clock.moveTo(1_000);
        expect(viewSession(restored.getSnapshot()).state).toBe(ended ? 'exited' : 'idle');
      }),
      { numRuns: 200 },
    );
  });
});
