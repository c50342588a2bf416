import { expect, it } from 'vitest';
import { PINNED_CLAUDE_CODE } from '../../services/claude/pinned-version.ts';
import { type Cell, play } from './play.ts';
import { matrixReport } from './report.ts';
import { type Situation, situations } from './situations.ts';

/** Fetching the program (once) and cold starts on a busy machine. */
const PLAYED_WITHIN_MS = 600_000;

/** Situations in which a delivery takes a whole turn: `npm run matrix` sends everything there, this only what differs. */
const A_FEW: Readonly<Record<string, readonly string[]>> = {
  'person typing': ['one line', 'many lines', 'leading !'],
  'person types into it': ['one line', '3,000 characters', 'leading /'],
  'called off': ['one line', '3,000 characters', 'leading /'],
  'called off in a small terminal': ['120 lines'],
  'small terminal': ['120 lines', '3,000 characters', 'wide, many lines', '/clear'],
};

async function playAll(chosen: readonly (readonly [string, Situation])[]): Promise<readonly Cell[]> {
  const cells: Cell[] = [];
  await play({
    version: PINNED_CLAUDE_CODE,
    situations: chosen,
    isWanted: (payload, situation) => A_FEW[situation]?.includes(payload) ?? true,
    onCell: (cell) => cells.push(cell),
  });
  return cells;
}

it('every text arrives as it was meant, or is refused with a reason, in every situation', {
  timeout: PLAYED_WITHIN_MS,
}, async () => {
  const all = Object.entries(situations);
  // The long half has a session of its own.
  const halves = [all.filter(([name]) => name === 'idle'), all.filter(([name]) => name !== 'idle')];
  const cells = (await Promise.all(halves.map(playAll))).flat();
  const wrong = cells.filter(({ outcome }) => outcome.result === 'wrong');
  expect(wrong, matrixReport(cells)).toEqual([]);
  expect(new Set(cells.map(({ situation }) => situation))).toEqual(new Set(Object.keys(situations)));
  // What holds words is refused for the situation, never for what it is.
  const refused = cells.filter(
    ({ situation, outcome }) => situation === 'idle' && outcome.result === 'refused',
  );
  expect(refused.map(({ payload }) => payload)).toEqual(['only spaces', 'only control characters']);
});
