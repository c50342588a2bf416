import { table } from '../../server/cli/table.ts';
import type { Cell } from './play.ts';

const WIDE = 10_000;
const MARKS = { delivered: 'ok', refused: 'refused', wrong: 'WRONG' } as const;

function tableOf(version: string, cells: readonly Cell[]): string {
  const situations = [...new Set(cells.map(({ situation }) => situation))];
  const payloads = [...new Set(cells.map(({ payload }) => payload))];
  const rows = payloads.map((payload) => [
    payload,
    ...situations.map((situation) => {
      const cell = cells.find((each) => each.payload === payload && each.situation === situation);
      return cell === undefined ? '' : MARKS[cell.outcome.result];
    }),
  ]);
  return table([version, ...situations], rows, WIDE);
}

/** Why a text was refused, once for each reason. */
function refusals(cells: readonly Cell[]): string[] {
  const reasons = new Map<string, Set<string>>();
  for (const { situation, outcome } of cells) {
    if (outcome.result !== 'refused') continue;
    const where = reasons.get(outcome.message) ?? new Set();
    reasons.set(outcome.message, where.add(situation));
  }
  return [...reasons].map(([message, where]) => `  ${message} (${[...where].join(', ')})`);
}

function wrongs(cells: readonly Cell[]): string[] {
  return cells.flatMap(({ version, situation, payload, outcome }) =>
    outcome.result === 'wrong' ? [`  ${version}, ${situation}, ${payload}: ${outcome.why}`] : [],
  );
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${title}\n${lines.join('\n')}\n`;
}

/** The matrix as text: a table for each version, why texts were refused, and what went wrong. */
export function matrixReport(cells: readonly Cell[]): string {
  const versions = [...new Set(cells.map(({ version }) => version))];
  const tables = versions.map((version) =>
    tableOf(
      version,
      cells.filter((cell) => cell.version === version),
    ),
  );
  return `${tables.join('\n')}${section('Refused:', refusals(cells))}${section('Wrong:', wrongs(cells))}`;
}
