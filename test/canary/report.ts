import path from 'node:path';
import { table } from '../../server/cli/table.ts';
import type { Score } from '../recordings/score.ts';
import type { Judgement } from './judge.ts';

export interface Played {
  readonly version: string;
  /** Path without ending. */
  readonly recording: string;
  /** Why it could not be played to its end. */
  readonly failure: string | null;
  readonly judgement: Judgement;
  /** Of the scenario, see there. */
  readonly leastAlone?: number | undefined;
}

/** What the reading promises (issue 3), for the terminal alone and with other signals joined in. */
const LEAST_ACCURACY = 0.99;
const LEAST_MERGED = 0.998;
const WIDE = 10_000;
/** A machine with time to spare shows a typed character sooner. */
const LAGGARD_S = 0.1;

const share = (value: number): string => value.toFixed(4);

const reaches = ({ accuracy, busyMerged, missed }: Score, least: number): boolean =>
  accuracy >= least && busyMerged >= LEAST_MERGED && missed.length === 0;

function failed({ failure, judgement, leastAlone = LEAST_ACCURACY }: Played): boolean {
  const { dialogs, screen, joined, partly } = judgement;
  const reachesIfAny = (score: Score | null, least: number) => score === null || reaches(score, least);
  return (
    failure !== null ||
    dialogs.right < dialogs.shown ||
    !reaches(screen, leastAlone) ||
    !reachesIfAny(joined, LEAST_ACCURACY) ||
    !reachesIfAny(partly.hooks, LEAST_ACCURACY) ||
    !reachesIfAny(partly.register, leastAlone)
  );
}

/** Seconds of each confusion, the longest first. */
function wrongTimes({ wrong, missed }: Score): string {
  const times = Object.entries(wrong)
    .sort(([, a], [, b]) => b - a)
    .map(([what, seconds]) => `${what} ${seconds.toFixed(2)}s`);
  return [...times, ...missed.map((what) => `MISSED ${what}`)].join(', ');
}

function line(played: Played): string {
  const { screen, joined, partly, dialogs, lag } = played.judgement;
  const scored = (name: string, score: Score | null) =>
    score === null || score.accuracy === 1 ? '' : `${name} ${share(score.accuracy)} ${wrongTimes(score)}`;
  const told = [
    `${path.basename(played.recording)}: ${share(screen.accuracy)} ${wrongTimes(screen)}`,
    lag < LAGGARD_S ? '' : `the machine was busy: ${(1000 * lag).toFixed(0)} ms to show a key`,
    scored('with hooks and register', joined),
    scored('with hooks', partly.hooks),
    scored('with the register', partly.register),
    dialogs.wrong.join(', '),
    played.failure ?? '',
  ];
  return told.filter((part) => part !== '').join(' | ');
}

/** Weighted by the time that was scored. */
function mean(all: readonly Score[], of: (score: Score) => number): string {
  const total = all.reduce((sum, { scored }) => sum + scored, 0);
  return total === 0 ? '–' : share(all.reduce((sum, each) => sum + of(each) * each.scored, 0) / total);
}

function row(name: string, played: readonly Played[]): string[] {
  const screens = played.map(({ judgement }) => judgement.screen);
  const joined = played.flatMap(({ judgement }) => judgement.joined ?? []);
  const hooks = played.flatMap(({ judgement }) => judgement.partly.hooks ?? []);
  const registers = played.flatMap(({ judgement }) => judgement.partly.register ?? []);
  const dialogs = played.map(({ judgement }) => judgement.dialogs);
  const count = (of: (each: Judgement['dialogs']) => number) =>
    dialogs.reduce((sum, each) => sum + of(each), 0);
  return [
    name,
    String(played.length),
    String(played.filter(failed).length),
    mean(screens, ({ accuracy }) => accuracy),
    mean(screens, ({ busyMerged }) => busyMerged),
    String(screens.reduce((sum, { missed }) => sum + missed.length, 0)),
    mean(joined, ({ accuracy }) => accuracy),
    mean(hooks, ({ accuracy }) => accuracy),
    mean(registers, ({ accuracy }) => accuracy),
    `${count(({ right }) => right)}/${count(({ shown }) => shown)}`,
    `${(1000 * Math.max(...played.map(({ judgement }) => judgement.lag))).toFixed(0)} ms`,
  ];
}

function whole(played: readonly Played[]): string {
  const versions = [...new Set(played.map(({ version }) => version))];
  const header = [
    'VERSION',
    'PLAYED',
    'FAILED',
    'SCREEN',
    'MERGED',
    'MISSED',
    'JOINED',
    'HOOKS',
    'REGISTER',
    'DIALOGS',
    'LAG',
  ];
  const rows = versions.map((version) =>
    row(
      version,
      played.filter((each) => each.version === version),
    ),
  );
  const all = versions.length > 1 ? [...rows, row('all', played)] : rows;
  const failures = played.filter(failed).map((each) => `  ${line(each)}\n`);
  return `${table(header, all, WIDE)}${failures.length > 0 ? `\nFailed:\n${failures.join('')}` : ''}`;
}

export const report = { failed, line, whole };
