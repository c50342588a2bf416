import { describe, expect, it } from 'vitest';
import { startSession } from './session-bench.ts';

function working() {
  const session = startSession();
  session.ready();
  session.registers('idle');
  session.send({ type: 'hook.promptSubmitted' });
  session.registers('busy');
  session.shows('thinking', { title: '◐ Claude Code', evidence: ['title:work', 'spinner'] });
  return session;
}

describe('why a session is believed to do what it does', () => {
  it('names every signal, what it says, when, and whether it agrees', () => {
    const session = working();
    session.send({ type: 'statusLine.read', contextLeftPercent: 88 });
    session.send({ type: 'hook.other', name: 'Notification' });
    expect(session.view().why.signals).toEqual([
      { source: 'hook', says: 'Notification', at: 1_000 },
      { source: 'screen', says: 'thinking (title:work, spinner)', at: 1_000, agrees: true },
      { source: 'title', says: '◐ Claude Code', at: 1_000, agrees: true },
      { source: 'register', says: 'busy', at: 1_000, agrees: true },
      { source: 'statusLine', says: '88% context left', at: 1_000 },
    ]);
  });

  it('tells the rule that won in words, for hooks and for rows of the table', () => {
    const session = working();
    expect(session.view().why).toMatchObject({
      rule: 'hook.promptSubmitted',
      because: 'a prompt was submitted',
      standing: 'screenAgrees',
    });
    session.shows('interrupted');
    session.registers('idle');
    expect(session.view().why).toMatchObject({ rule: 'interruptedRegistered', since: 1_000 });
    expect(session.view().why.because).toContain('Esc has no hook');
    expect(
      session
        .view()
        .why.changes.map(({ to }) => to)
        .slice(0, 3),
    ).toEqual(['interrupted', 'thinking', 'idle']);
  });

  it('tells what is disputed before it has settled, and of both readings when it goes on', () => {
    const session = working();
    session.shows('idle');
    expect(session.view().why.disputed).toEqual({ to: 'idle', settlesMs: 800 });
    session.shows('thinking');
    session.registers('idle');
    session.passes(1_100);
    expect(session.view().statusText).toBe(
      'uncertain: believed thinking (last hook hook.promptSubmitted); the screen shows thinking; the register says idle',
    );
    expect(session.view().why.uncertain).toContain('the register says idle');
    expect(session.view().why.mismatches).toHaveLength(1);
    session.registers('busy');
    expect(session.view().why.uncertain).toBeUndefined();
  });

  it('a program that has only just been started has a reason too', () => {
    expect(startSession().view().why).toMatchObject({ rule: 'start', signals: [], changes: [], dropped: 0 });
  });
});
