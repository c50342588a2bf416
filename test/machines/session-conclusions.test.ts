import { describe, expect, it } from 'vitest';
import {
  type Beliefs,
  CONCLUSIONS,
  conclude,
  type Rule,
  ruleFor,
} from '../../machines/session-conclusions.ts';
import type { RegistryStatus } from '../../machines/session-events.ts';
import { dissenters } from '../../machines/session-signals.ts';
import { startSession } from './session-bench.ts';

/** A turn goes on, hooks are heard, the screen has shown it, and there is no register. */
const WORKING: Beliefs = {
  conversation: 'thinking',
  level: 'thinking',
  hooksHeard: true,
  caughtUp: true,
  lastEdge: 'hook.promptSubmitted',
  ending: null,
  reading: null,
  courseSince: 1_000,
  registry: null,
};
const now = (status: RegistryStatus) => ({ status, at: 2_000 });
const before = (status: RegistryStatus) => ({ status, at: 500 });

type Case = readonly [rule: Rule, beliefs: Partial<Beliefs>, to: string | null, settles: number];

const ROWS: readonly Case[] = [
  ['over', { conversation: 'exited', level: 'idle' }, null, 0],
  ['stopAndScreen', { ending: 'idle', level: 'idle' }, 'idle', 0],
  ['stopAndRegister', { ending: 'idle', registry: now('idle') }, 'idle', 0],
  ['stopIsLate', { ending: 'idle', registry: now('busy') }, null, 0],
  ['stopAgainstScreen', { ending: 'idle' }, 'idle', 15_000],
  ['stopAlone', { ending: 'idle', level: 'unknown' }, 'idle', 800],
  ['screenAgrees', {}, null, 0],
  ['nothingDrawn', { level: 'starting' }, null, 0],
  ['unreadableAsRegistered', { level: 'unknown', registry: now('busy') }, null, 0],
  ['unreadableRegisterRests', { level: 'unknown', registry: now('idle') }, 'idle', 2_000],
  ['unreadableRegisterSpeaks', { level: 'unknown', registry: now('waiting') }, 'confirming', 300],
  ['unreadable', { level: 'unknown' }, 'unknown', 2_000],
  ['firstPrompt', { conversation: 'starting', level: 'idle' }, 'idle', 200],
  ['firstScreen', { conversation: 'starting', level: 'trust' }, 'trust', 0],
  ['whichRest', { conversation: 'error', level: 'idle' }, null, 0],
  ['restWithoutHooksRegistered', { hooksHeard: false, level: 'idle', registry: now('idle') }, 'idle', 0],
  ['restWithoutHooksDisputed', { hooksHeard: false, level: 'idle', registry: now('busy') }, 'idle', 800],
  ['restWithoutHooks', { hooksHeard: false, level: 'idle' }, 'idle', 120],
  ['screenWithoutHooks', { hooksHeard: false, level: 'confirming' }, 'confirming', 0],
  ['menu', { conversation: 'idle', level: 'slashMenu' }, 'slashMenu', 0],
  ['answerBegins', { level: 'responding' }, 'responding', 0],
  ['toolNotDrawn', { conversation: 'toolRunning', level: 'thinking' }, 'thinking', 800],
  ['toolsAreTold', { level: 'toolRunning' }, 'toolRunning', 3_000],
  ['kindOfWork', { level: 'compacting' }, 'compacting', 300],
  ['notFailed', { conversation: 'idle', level: 'error', lastEdge: 'hook.stopped' }, null, 0],
  ['interruptedRegistered', { level: 'interrupted', registry: now('idle') }, 'interrupted', 0],
  ['interruptedDisputed', { level: 'interrupted', registry: now('busy') }, 'interrupted', 800],
  ['interrupted', { level: 'interrupted' }, 'interrupted', 80],
  ['dialog', { level: 'dialog' }, 'dialog', 300],
  ['screenAndRegister', { level: 'idle', registry: now('idle') }, 'idle', 80],
  ['screenAgainstAllCaughtUp', { level: 'idle', registry: now('busy') }, 'idle', 800],
  ['screenAgainstAll', { level: 'idle', registry: now('busy'), caughtUp: false }, 'idle', 4_000],
  ['screenCaughtUp', { level: 'idle' }, 'idle', 120],
  ['screen', { level: 'idle', caughtUp: false }, 'idle', 800],
];

describe('what each signal may conclude', () => {
  it.each(ROWS)('%s', (rule, beliefs, to, settles) => {
    const believed = { ...WORKING, ...beliefs };
    expect(ruleFor(believed)).toBe(rule);
    expect(conclude(believed)).toEqual(to === null ? null : { rule, to, settles });
  });

  it('every row of the table is tested, and says why in words', () => {
    expect(ROWS.map(([rule]) => rule)).toEqual(Object.keys(CONCLUSIONS));
    for (const { why } of Object.values(CONCLUSIONS)) expect(why).toMatch(/^[A-Za-z].{10,}/);
  });

  it('where Stop follows an API error too, Stop does not say that nothing failed', () => {
    const failed: Beliefs = {
      ...WORKING,
      level: 'error',
      ending: 'idle',
      lastEdge: 'hook.stopped',
      reading: { stopFollowsError: true },
    };
    expect(conclude(failed)).toMatchObject({ to: 'error', settles: 0 });
    expect(conclude({ ...failed, conversation: 'idle', ending: null })).toMatchObject({ to: 'error' });
    expect(conclude({ ...failed, reading: {} })).toMatchObject({ to: 'idle' });
  });

  it.each<readonly [string, Partial<Beliefs>, Rule]>([
    [
      'words of the register from before the turn say nothing about it',
      { registry: before('idle') },
      'screenCaughtUp',
    ],
    ['a `waiting` register is not on the side of rest', { registry: now('waiting') }, 'screenCaughtUp'],
  ])('%s', (_, beliefs, rule) => {
    expect(ruleFor({ ...WORKING, level: 'idle', ...beliefs })).toBe(rule);
  });

  it.each<readonly [string, Partial<Beliefs>, readonly string[]]>([
    ['nobody', {}, []],
    ['the screen', { level: 'idle' }, ['screen']],
    ['the register', { registry: now('idle') }, ['registry']],
    ['both', { level: 'idle', registry: now('idle') }, ['screen', 'registry']],
    ['nobody, of two kinds of work', { level: 'responding', registry: now('busy') }, []],
    ['a screen that is not understood', { level: 'unknown', registry: now('busy') }, ['screen']],
    [
      'nobody, when agents work behind the turn',
      { conversation: 'parked', level: 'parked', registry: now('busy') },
      [],
    ],
    [
      'nobody, before the first prompt',
      { conversation: 'starting', level: 'idle', registry: now('busy') },
      [],
    ],
  ])('dissent: %s', (_, beliefs, expected) => {
    expect(dissenters({ ...WORKING, ...beliefs })).toEqual(expected);
  });
});

/** Longer than any wait in which two signals agree. */
const SOON_MS = 200;

describe("Claude Code's own register joins in", () => {
  function working() {
    const session = startSession();
    session.ready();
    session.registers('idle');
    session.passes(100);
    session.send({ type: 'hook.promptSubmitted' });
    session.registers('busy');
    session.shows('thinking');
    return session;
  }

  it('a Stop is believed when the register rests, though the screen is late', () => {
    const session = working();
    session.send({ type: 'hook.stopped', backgroundTasks: 0 });
    expect(session.view().state).toBe('thinking');
    session.registers('idle');
    expect(session.view().state).toBe('idle');
  });

  it('a Stop of another turn that comes late ends nothing', () => {
    const session = working();
    session.send({ type: 'hook.stopped', backgroundTasks: 0 });
    session.passes(60_000);
    expect(session.actor.getSnapshot().hasTag('busy')).toBe(true);
    session.shows('idle');
    expect(session.view().state).toBe('idle');
  });

  it('Esc by a person, on a screen that says nothing of it', () => {
    const session = working();
    session.shows('idle');
    session.registers('idle');
    session.passes(SOON_MS);
    expect(session.view().state).toBe('idle');
  });

  it('a frame that looks like rest for a while does not end a turn that the register calls busy', () => {
    const session = working();
    session.shows('idle');
    session.passes(700);
    session.shows('thinking');
    expect(session.view()).toMatchObject({ state: 'thinking', mismatches: 0 });
  });

  it('a permission that a person answers at the terminal', () => {
    const session = working();
    session.send({ type: 'hook.permissionRequested', tool: 'Bash' });
    session.registers('waiting');
    session.shows('confirming');
    session.passes(60_000);
    session.shows('toolRunning');
    session.registers('busy');
    session.passes(SOON_MS);
    expect(session.view().state).toBe('tool_running');
  });

  it('a shell that goes on behind the turn makes it parked, until it ends', () => {
    const session = working();
    session.send({ type: 'hook.stopped', backgroundTasks: 0 });
    session.shows('idle');
    session.registers('shell');
    expect(session.view()).toMatchObject({ state: 'idle', conversation: 'parked' });
    session.registers('idle');
    expect(session.conversation()).toBe('idle');
  });

  it('without hooks, a parked turn stays parked on a screen that only rests', () => {
    const session = startSession();
    session.shows('idle');
    session.passes(1_000);
    session.registers('shell');
    session.shows('idle', { title: 'another' });
    session.passes(1_000);
    expect(session.conversation()).toBe('parked');
  });

  it('a face that nobody knows is followed by the register, and is never called ready', () => {
    const session = startSession();
    session.shows('unknown');
    session.registers('idle');
    session.passes(3_000);
    expect(session.view()).toMatchObject({ state: 'idle', health: 'uncertain' });
    session.registers('busy');
    session.passes(1_000);
    expect(session.view().state).toBe('thinking');
    session.registers('waiting');
    session.passes(1_000);
    expect(session.view().state).toBe('confirming');
  });

  it('names the conversation of the terminal, so that a nested claude takes no other', () => {
    const session = working();
    session.send({ type: 'hook.stopped', backgroundTasks: 1 });
    session.shows('parked');
    session.send({ type: 'hook.sessionStarted', source: 'resume' }, { sessionId: 'nested' });
    expect(session.context().sessionId).toBe('session-1');
    session.registers('idle', 'session-2');
    session.send({ type: 'hook.promptSubmitted' }, { sessionId: 'session-2' });
    expect(session.view().state).toBe('thinking');
  });

  it('signals that disagree for longer than a second make it uncertain, until they agree again', () => {
    const session = working();
    session.registers('idle');
    session.passes(900);
    expect(session.view().health).toBe('ok');
    session.passes(200);
    expect(session.view().health).toBe('uncertain');
    expect(session.context().lastMismatches.at(-1)).toMatchObject({
      believed: 'thinking',
      screen: 'thinking',
      registry: 'idle',
      hook: 'hook.promptSubmitted',
      rule: null,
    });
    session.registers('busy');
    expect(session.view().health).toBe('ok');
  });
});
