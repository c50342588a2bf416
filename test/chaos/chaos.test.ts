import { expect, test } from 'vitest';
import { playChaos } from './play.ts';
import { chaosReport } from './report.ts';

/** So long things go wrong; the rest until every task has ended, and three calm rounds, take about a minute more. */
const GOES_WRONG_MS = 120_000;
const SEED = 7;
const HANGS_AFTER_MS = 900_000;

test('whatever is killed, stopped, locked or full: no task is lost or done twice, and every result is what was said', {
  timeout: HANGS_AFTER_MS,
  // A promise that is kept at the second try is broken.
  retry: 0,
}, async () => {
  const told: string[] = [];
  const { ran, verdict } = await playChaos({
    forMs: GOES_WRONG_MS,
    seed: SEED,
    realClaude: false,
    keep: true,
    tell: (line) => told.push(line),
  });
  const report = `${told.join('\n')}${chaosReport(ran, verdict)}`;
  process.stdout.write(report);
  expect(verdict.broken, report).toEqual([]);
  expect(verdict.outcomes.length).toBeGreaterThan(50);
});
