import { safeText } from './safe-text.ts';

/** Columns as wide as their widest cell; the last one is cut at the terminal's edge. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width = process.stdout.columns ?? 120,
): string {
  const all = [header, ...rows].map((row) => row.map((cell) => safeText(cell.replace(/\s+/g, ' '))));
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  '),
    )
    .map((line) => `${line.length > width ? `${line.slice(0, width - 1)}…` : line}\n`)
    .join('');
}
