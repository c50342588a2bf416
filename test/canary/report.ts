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
}

/** What the reading promises (issue 3), for the terminal alone and with hooks joined in. */
const LEAST_ACCURACY = 0.99;
const LEAST_MERGED = 0.998;
const WIDE = 10_000;
/** A machine with time to spare shows a typed character sooner. */
const LAGGARD_S = 0.1;

const share = (value: number): string => value.toFixed(4);

function scores({ judgement }: Played): Score[] {
  return judgement.joined === null ? [judgement.screen] : [judgement.screen, judgement.joined];
}

function failed(played: Played): boolean {
  const { dialogs } = played.judgement;
  return (
    played.failure !== null ||
    dialogs.right < dialogs.shown ||
    scores(played).some(
      ({ accuracy, busyMerged, missed }) =>
        accuracy < LEAST_ACCURACY || busyMerged < LEAST_MERGED || missed.length > 0,
    )
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
  const { screen, joined, dialogs, lag } = played.judgement;
  const told = [
    `${path.basename(played.recording)}: ${share(screen.accuracy)} ${wrongTimes(screen)}`,
    lag < LAGGARD_S ? '' : `the machine was busy: ${(1000 * lag).toFixed(0)} ms to show a key`,
    joined === null ? '' : `with hooks ${share(joined.accuracy)} ${wrongTimes(joined)}`,
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
    mean(joined, ({ busyMerged }) => busyMerged),
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
    'HOOKS',
    'MERGED',
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
