import { describe, expect, it } from 'vitest';
import { CONVERSATION_STATES } from '../../machines/session-events.ts';
import { nearestState } from '../../machines/session-view.ts';
import { screen, signal, startSession } from './session-bench.ts';

/** Longer than every settling time but that of a screen that nobody understands. */
const LONG_ENOUGH_MS = 1_000;

describe('before the first hook the screen decides', () => {
  it('ready when the prompt box stands, not at its first frame', () => {
    const session = startSession();
    session.shows('idle');
    expect(session.view().state).toBe('starting');
    session.passes(LONG_ENOUGH_MS);
    expect(session.view().state).toBe('idle');
  });

  it('the trust dialog comes before SessionStart', () => {
    const session = startSession();
    session.shows('trust');
    expect(session.view()).toMatchObject({ state: 'confirming', conversation: 'trust' });
    session.send({ type: 'hook.sessionStarted', source: 'startup' });
    session.shows('starting');
    expect(session.conversation()).toBe('trust');
    session.shows('idle');
    session.passes(LONG_ENOUGH_MS);
    expect(session.conversation()).toBe('idle');
  });

  it('a turn is followed without any hook', () => {
    const session = startSession();
    session.shows('idle');
    session.passes(LONG_ENOUGH_MS);
    for (const level of ['thinking', 'responding', 'toolRunning', 'confirming', 'toolRunning'] as const) {
      session.shows(level);
      expect(session.conversation()).toBe(level);
    }
    session.shows('idle');
    session.passes(LONG_ENOUGH_MS);
    expect(session.conversation()).toBe('idle');
  });

  it('one frame that looks like rest does not end a turn', () => {
    const session = startSession();
    session.shows('thinking');
    session.shows('idle');
    session.passes(50);
    session.shows('thinking');
    session.passes(LONG_ENOUGH_MS);
    expect(session.context().evidence.filter(({ to }) => to === 'idle')).toEqual([]);
    expect(session.conversation()).toBe('thinking');
  });
});

describe('hooks move at once', () => {
  it('a turn from prompt to answer', () => {
    const session = startSession();
    session.ready();
    const seen = [
      [{ type: 'hook.promptSubmitted' }, 'thinking'],
      [{ type: 'hook.toolStarted', tool: 'Bash' }, 'tool_running'],
      [{ type: 'hook.permissionRequested', tool: 'Bash' }, 'confirming'],
      [{ type: 'hook.toolEnded' }, 'thinking'],
      [{ type: 'hook.messageShown' }, 'responding'],
      [{ type: 'hook.stopped', backgroundTasks: 0 }, 'idle'],
    ] as const;
    for (const [event, state] of seen) {
      session.send(event);
      expect(session.view().state).toBe(state);
    }
  });

  it('a turn that leaves work in the background is parked, and counts as idle', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.stopped', backgroundTasks: 2 });
    session.shows('idle');
    session.passes(LONG_ENOUGH_MS);
    expect(session.view()).toMatchObject({ state: 'idle', conversation: 'parked' });
  });

  it('an error of the API keeps its words until the next prompt', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.stopFailed', error: 'overloaded' });
    session.shows('idle');
    session.passes(LONG_ENOUGH_MS);
    expect(session.view()).toMatchObject({ state: 'error', statusText: 'overloaded' });
    session.send({ type: 'hook.promptSubmitted' });
    expect(session.context().error).toBeNull();
  });

  it('compaction in the middle of a turn never looks like rest', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.shows('compacting');
    session.send({ type: 'hook.compacting' });
    expect(session.conversation()).toBe('compacting');
    session.send({ type: 'hook.compacted', byHand: false });
    expect(session.view().state).toBe('thinking');
  });

  it('compaction by hand ends at rest', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.compacting' });
    session.send({ type: 'hook.compacted', byHand: true });
    expect(session.conversation()).toBe('idle');
  });
});

describe('holes in the hooks are closed by the screen', () => {
  it('Esc has no hook: the word of the screen is taken', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.shows('thinking');
    session.shows('interrupted');
    session.passes(200);
    expect(session.view()).toMatchObject({ state: 'idle', conversation: 'interrupted' });
  });

  it('Esc before any answer leaves only a resting prompt', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.shows('thinking');
    session.shows('idle', { composer: { kind: 'draft', text: 'the prompt came back' } });
    session.passes(100);
    expect(session.view().state).toBe('thinking');
    session.passes(200);
    expect(session.view()).toMatchObject({ state: 'idle', mismatches: 1 });
  });

  it('a screen that has not shown the turn yet does not end it so soon', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.shows('idle', { composer: { kind: 'draft', text: 'not drawn yet' } });
    session.passes(500);
    expect(session.view().state).toBe('thinking');
    session.passes(LONG_ENOUGH_MS);
    expect(session.view().state).toBe('idle');
  });

  it('which kind of work it is, the screen says: a text is announced behind the tool that follows it', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.toolStarted', tool: 'Bash' });
    session.send({ type: 'hook.messageShown' });
    expect(session.conversation()).toBe('toolRunning');
    session.send({ type: 'hook.toolEnded' });
    session.shows('toolRunning');
    session.passes(LONG_ENOUGH_MS);
    // Every tool has been told to have ended: some versions go on drawing one as running for a while.
    expect(session.conversation()).toBe('thinking');
    session.passes(60_000);
    expect(session.conversation()).toBe('toolRunning');
  });

  it('an answer that is drawn like an error is none when Stop has ended its turn', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.stopped', backgroundTasks: 0 });
    session.shows('error');
    session.passes(60_000);
    expect(session.view().state).toBe('idle');
  });

  it('words that are submitted while a tool runs do not end it', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.toolStarted', tool: 'Bash' });
    session.send({ type: 'hook.promptSubmitted' });
    expect(session.view().state).toBe('tool_running');
    session.send({ type: 'hook.toolEnded' });
    session.passes(100);
    expect(session.view().state).toBe('thinking');
  });

  it('several tools at once run until the last of them has ended', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.toolStarted', tool: 'Bash' });
    session.send({ type: 'hook.toolStarted', tool: 'Read' });
    session.send({ type: 'hook.toolEnded' });
    expect(session.view().state).toBe('tool_running');
    session.send({ type: 'hook.toolEnded' });
    session.passes(100);
    expect(session.view().state).toBe('thinking');
  });

  it('between two tools that wait for each other nothing changes', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.toolStarted', tool: 'Bash' });
    const states: string[] = [];
    session.actor.subscribe(() => states.push(session.view().state));
    session.send({ type: 'hook.toolEnded' });
    session.passes(35);
    session.send({ type: 'hook.toolStarted', tool: 'Bash' });
    session.passes(100);
    expect(new Set(states)).toEqual(new Set(['tool_running']));
    session.send({ type: 'hook.toolEnded' });
    session.send({ type: 'session.restored' });
    expect(session.view().state).toBe('thinking');
  });

  it('an answer that follows a tool at once is an answer', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.toolStarted', tool: 'Bash' });
    session.send({ type: 'hook.toolEnded' });
    session.send({ type: 'hook.messageShown' });
    expect(session.view().state).toBe('responding');
  });

  it('a compaction is not taken for an answer', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.compacting' });
    session.send({ type: 'hook.messageShown' });
    expect(session.conversation()).toBe('compacting');
  });

  it('a Stop that never came', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.shows('responding');
    session.shows('idle');
    session.passes(LONG_ENOUGH_MS);
    expect(session.view().state).toBe('idle');
    expect(session.view().evidence[0]).toContain('screenCaughtUp');
  });

  it('a hook that comes late or twice is set right again', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.stopped', backgroundTasks: 0 });
    session.send({ type: 'hook.toolEnded' });
    session.send({ type: 'hook.messageShown' });
    expect(session.view().state).toBe('idle');
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.promptSubmitted' });
    expect(session.view().state).toBe('thinking');
    session.passes(LONG_ENOUGH_MS);
    expect(session.view().state).toBe('idle');
  });

  it('a permission that a person answers at the terminal', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.permissionRequested', tool: 'Bash' });
    session.shows('confirming');
    session.passes(60_000);
    expect(session.view().state).toBe('confirming');
    session.shows('toolRunning');
    session.passes(LONG_ENOUGH_MS);
    expect(session.view().state).toBe('tool_running');
  });

  it('a dialog that a rule answers at once is not reported', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.toolStarted', tool: 'Bash' });
    session.shows('confirming');
    session.passes(100);
    session.shows('toolRunning');
    session.passes(LONG_ENOUGH_MS);
    expect(session.context().evidence.map(({ to }) => to)).not.toContain('confirming');
  });

  it('work that began without a prompt is noticed although its kinds flicker', () => {
    const session = startSession();
    session.ready();
    for (let frame = 0; frame < 12; frame++) {
      session.shows(frame % 2 === 0 ? 'thinking' : 'responding');
      session.passes(100);
    }
    expect(session.actor.getSnapshot().hasTag('busy')).toBe(true);
  });

  it('a screen that nobody understands is reported, and recovers', () => {
    const session = startSession();
    session.ready();
    session.shows('unknown');
    session.passes(500);
    expect(session.view().state).toBe('idle');
    session.passes(2_000);
    expect(session.view()).toMatchObject({ state: 'unknown', health: 'suspect' });
    session.passes(11 * 60_000);
    expect(session.view().health).toBe('stuck');
    session.shows('idle');
    session.passes(LONG_ENOUGH_MS);
    expect(session.view()).toMatchObject({ state: 'idle', health: 'ok' });
  });
});

describe('what is not of this session', () => {
  it('signals of another run are dropped and counted', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' }, { epoch: 'epoch-0' });
    session.send({ type: 'screen.read', reading: screen('confirming') }, { epoch: 'epoch-0' });
    session.send({ type: 'pty.exited', code: 1, signal: null }, { epoch: 'epoch-0' });
    session.passes(LONG_ENOUGH_MS);
    expect(session.view().state).toBe('idle');
    expect(session.context().dropped).toBe(3);
  });

  it('hooks of another conversation count only after SessionStart named it', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' }, { sessionId: 'session-2' });
    expect(session.view().state).toBe('idle');
    session.send({ type: 'hook.sessionStarted', source: 'clear' }, { sessionId: 'session-2' });
    session.send({ type: 'hook.promptSubmitted' }, { sessionId: 'session-2' });
    expect(session.view().state).toBe('thinking');
  });

  it('a hook that was still on its way does not bring an ended session back', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'pty.exited', code: 0, signal: null });
    session.send({ type: 'hook.promptSubmitted' });
    session.shows('thinking');
    session.passes(LONG_ENOUGH_MS);
    expect(session.view().state).toBe('exited');
    expect(session.context().exit).toEqual({ code: 0, signal: null });
  });
});

describe('the daemon went away and came back', () => {
  it('what happened meanwhile is believed from the screen, at once', () => {
    const session = startSession();
    session.ready();
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'session.restored' });
    session.shows('idle');
    session.passes(200);
    expect(session.view().state).toBe('idle');
  });
});

it('the context left comes from the status line and from the screen', () => {
  const session = startSession();
  session.shows('idle', { contextLeftPercent: 12 });
  expect(session.view().contextLeftPercent).toBe(12);
  session.send({ type: 'statusLine.read', contextLeftPercent: 11 });
  session.shows('idle');
  expect(session.view().contextLeftPercent).toBe(11);
});

it('the last twenty changes are kept, with what moved them', () => {
  const session = startSession();
  session.ready();
  for (let turn = 0; turn < 15; turn++) {
    session.send({ type: 'hook.promptSubmitted' });
    session.send({ type: 'hook.stopped', backgroundTasks: 0 });
  }
  expect(session.context().evidence).toHaveLength(20);
  expect(session.context().evidence.at(-1)).toMatchObject({
    from: 'thinking',
    to: 'idle',
    rule: 'stopAndScreen',
  });
});

it('the context is plain JSON', () => {
  const session = startSession();
  session.ready();
  session.actor.send(signal({ type: 'hook.stopFailed', error: 'x' }, 5));
  expect(JSON.parse(JSON.stringify(session.context()))).toEqual(session.context());
});

it('every state has a word that users know', () => {
  for (const state of CONVERSATION_STATES) expect(nearestState(state)).toMatch(/^[a-z_]+$/);
});
