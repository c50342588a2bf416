import { CONCLUSIONS, conclude, type Rule, ruleFor } from './session-conclusions.ts';
import type { SessionContext } from './session-context.ts';
import { courseOf, courseOfRegistry } from './session-courses.ts';
import type { Conversation, Level, Mismatch } from './session-events.ts';
import { dissenters } from './session-signals.ts';

/** The changes that are shown. */
const SHOWN_CHANGES = 8;

/** What the edges mean, for people. */
const EDGES: Readonly<Record<string, string>> = {
  'hook.sessionStarted': 'another conversation began in the same terminal',
  'hook.promptSubmitted': 'a prompt was submitted',
  'hook.toolStarted': 'a tool began',
  'hook.permissionRequested': 'a tool asks for permission',
  'hook.toolEnded': 'a tool ended',
  'hook.messageShown': 'words of the answer came',
  'hook.stopFailed': 'the turn ended with an error',
  'hook.compacting': 'a compaction began',
  'hook.compacted': 'a compaction ended and the turn goes on',
  'pty.exited': 'the program ended',
  'registry.read': 'the register told of work behind the turn, or of its end',
  'limit.passed': 'the time of the limit has passed',
};

/** One signal: what it said last, when (epoch milliseconds), and whether that is what is believed. */
export interface SignalSaid {
  readonly source: 'hook' | 'screen' | 'title' | 'register' | 'statusLine' | 'exit';
  readonly says: string;
  readonly at: number;
  /** Absent where the signal says nothing about what the session does. */
  readonly agrees?: boolean;
}

export interface Change {
  readonly at: number;
  readonly from: Conversation;
  readonly to: Conversation;
  readonly rule: string;
  readonly why: string;
}

/** Why a session is believed to do what it is shown to do. */
export interface SessionWhy {
  /** The hook or the row of the table that moved it last, and in words. */
  readonly rule: string;
  readonly because: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** The row of the table that counts now, and in words. */
  readonly standing: string;
  readonly standingBecause: string;
  /** What the signals say against it, before that has settled. */
  readonly disputed?: { readonly to: Level; readonly settlesMs: number };
  /** Both readings, while signals have disagreed for longer than a second. */
  readonly uncertain?: string;
  readonly signals: readonly SignalSaid[];
  /** Newest first. */
  readonly changes: readonly Change[];
  readonly mismatches: readonly Mismatch[];
  readonly mismatchCount: number;
  /** Signals of other runs and other conversations that were dropped. */
  readonly dropped: number;
}

function inWords(rule: string): string {
  const isRow = (name: string): name is Rule => name in CONCLUSIONS;
  return isRow(rule) ? CONCLUSIONS[rule].why : (EDGES[rule] ?? rule);
}

function signalsOf(context: SessionContext): readonly SignalSaid[] {
  const { conversation, reading, readingAt, lastHook, registry, statusLineAt, exit } = context;
  const dissent = dissenters(context);
  const believed = courseOf(conversation);
  const signals: SignalSaid[] = [];
  if (lastHook !== null) signals.push({ source: 'hook', says: lastHook.name, at: lastHook.at });
  if (reading !== null && readingAt !== null) {
    const rules = reading.evidence.length === 0 ? '' : ` (${reading.evidence.join(', ')})`;
    signals.push({
      source: 'screen',
      says: `${context.level}${rules}`,
      at: readingAt,
      agrees: !dissent.includes('screen'),
    });
    if (reading.title !== '') {
      const works = reading.evidence.includes('title:work');
      signals.push({
        source: 'title',
        says: reading.title,
        at: readingAt,
        ...(works && believed !== null ? { agrees: believed === 'busy' || conversation === 'parked' } : {}),
      });
    }
  }
  if (registry !== null) {
    const { status, waitingFor, at } = registry;
    signals.push({
      source: 'register',
      says: waitingFor === null ? status : `${status} for ${waitingFor}`,
      at,
      agrees: believed === null ? courseOfRegistry(status) !== 'busy' : !dissent.includes('registry'),
    });
  }
  if (statusLineAt !== null) {
    const left = context.contextLeftPercent;
    signals.push({
      source: 'statusLine',
      says: left === null ? 'alive' : `${left}% context left`,
      at: statusLineAt,
    });
  }
  if (exit !== null) {
    const how = exit.signal ? `signal ${exit.signal}` : `code ${exit.code ?? 'unknown'}`;
    signals.push({ source: 'exit', says: how, at: context.lastAt, agrees: conversation === 'exited' });
  }
  return signals;
}

/** What is believed beside what the others say, in one line. */
export function bothReadings({ conversation, level, registry, lastHook }: SessionContext): string {
  return [
    `believed ${conversation}${lastHook === null ? '' : ` (last hook ${lastHook.name})`}`,
    `the screen shows ${level}`,
    ...(registry === null ? [] : [`the register says ${registry.status}`]),
  ].join('; ');
}

/** Why the session is believed to do what it does. Pure. */
export function explainSession(context: SessionContext, uncertain: boolean): SessionWhy {
  const last = context.evidence.at(-1);
  const standing = ruleFor(context);
  const conclusion = conclude(context);
  return {
    rule: last?.rule ?? 'start',
    because: last === undefined ? 'the program was started' : inWords(last.rule),
    since: last?.at ?? context.startedAt,
    standing,
    standingBecause: inWords(standing),
    ...(conclusion === null ? {} : { disputed: { to: conclusion.to, settlesMs: conclusion.settles } }),
    ...(uncertain ? { uncertain: bothReadings(context) } : {}),
    signals: signalsOf(context),
    changes: [...context.evidence]
      .reverse()
      .slice(0, SHOWN_CHANGES)
      .map(({ at, from, to, rule }) => ({ at, from, to, rule, why: inWords(rule) })),
    mismatches: [...context.lastMismatches].reverse(),
    mismatchCount: context.mismatches,
    dropped: context.dropped,
  };
}
