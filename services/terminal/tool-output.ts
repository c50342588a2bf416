import type { Faces } from './faces.ts';
import type { ToolOutputReading } from './reading.ts';
import type { ScreenRow } from './screen-rows.ts';

const BRANCH = /^ {2}[⎿└]\s{1,2}(.*)$/;
/** `… +5 lines (ctrl+o to expand)` */
const HIDDEN = /^… \+(\d+) lines?\b/;

/** The arguments of `Name(arguments)`, which may go on over the indented rows below. */
function argumentOf(rows: readonly ScreenRow[], at: number, open: number): string {
  let text = (rows[at]?.text ?? '').slice(open).trimEnd();
  for (let y = at + 1; !text.endsWith(')') && /^ {6}\S/.test(rows[y]?.text ?? ''); y++)
    text += `\n${(rows[y]?.text ?? '').trim()}`;
  return text.replace(/\)$/, '');
}

/**
 * The last tool call on the screen with what it printed, as far as it is shown: boxes are cut by Claude Code itself,
 * the hooks and the transcript have all of it.
 */
export function readToolOutput(rows: readonly ScreenRow[], faces: Faces): ToolOutputReading | undefined {
  for (let y = rows.length - 1; y >= 0; y--) {
    const text = rows[y]?.text ?? '';
    if (!faces.bullet.some((glyph) => text.startsWith(`${glyph} `))) continue;
    const tool = faces.toolCall.exec(text.slice(2))?.[1];
    if (tool === undefined) continue;
    const first = rows.findIndex((row, index) => index > y && BRANCH.test(row.text));
    const next = rows.findIndex((row, index) => index > y && /^\S/.test(row.text));
    const argument = argumentOf(rows, y, 2 + tool.length + 1);
    if (first < 0 || (next >= 0 && next < first)) return { tool, argument, output: '' };
    const last = next < 0 ? rows.length : next;
    const lines = rows
      .slice(first, last)
      .map((row) => (BRANCH.exec(row.text)?.[1] ?? row.text.replace(/^ {1,5}/, '')).trimEnd());
    const hidden = lines.findIndex((line) => HIDDEN.test(line));
    const shown = hidden < 0 ? lines : lines.slice(0, hidden);
    const hiddenLines = hidden < 0 ? undefined : Number(HIDDEN.exec(lines[hidden] ?? '')?.[1]);
    return {
      tool,
      argument,
      output: shown.join('\n').trimEnd(),
      ...(hiddenLines === undefined ? {} : { hiddenLines }),
    };
  }
  return undefined;
}
