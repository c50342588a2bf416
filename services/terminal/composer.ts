import type { Faces } from './faces.ts';
import type { ComposerReading } from './reading.ts';
import type { ScreenRow, ScreenRows } from './screen-rows.ts';

/** A rule is at least so long; a Markdown rule in an answer is indented and never starts at column 0. */
const LEAST_RULE = 8;

/** Where the prompt box stands: rows of its rules. */
export interface ComposerPlace {
  readonly top: number;
  readonly bottom: number;
  readonly reading: ComposerReading;
}

/** True for `────`, also with a label set into it, for the `▔▔▔▔` above a dialog that covers a full screen, and for the frames that older versions draw. */
export function isRule(text: string): boolean {
  return text.length >= LEAST_RULE && /^(?:[╭╰]?─{8,}|▔{8,})/.test(text);
}

/** The text of a row without the frame that versions before 2.0 draw around the box. */
function unframed(text: string): string {
  return text.replace(/^│ ?/, '').replace(/\s*│$/, '');
}

function startsPrompt(text: string, faces: Faces): boolean {
  const inner = unframed(text);
  return faces.prompt.some(
    (glyph) => inner === glyph || inner.startsWith(`${glyph} `) || inner.startsWith(`${glyph}\u00a0`),
  );
}

function textOf(rows: readonly ScreenRow[], top: number, bottom: number): string {
  const lines = rows.slice(top + 1, bottom).map(({ text }, index) => {
    const inner = unframed(text);
    return index === 0 ? inner.slice(2) : inner.replace(/^ {2}/, '');
  });
  return lines.join('\n').replaceAll('\u00a0', ' ').trimEnd();
}

/**
 * Suggested text is faint from its second character on; the cursor stands on the first. Blanks are skipped by moving the
 * cursor (2.1.30, 2.1.329), so they tell nothing.
 */
function isGhost(row: ScreenRow, text: string): boolean {
  const column = row.text.indexOf(text.slice(0, 8));
  if (column < 0 || text.length < 2) return false;
  const behindCursor = [...row.text.slice(column + 1, column + 8)].flatMap((character, index) =>
    character.trim() === '' ? [] : [row.faint(column + 1 + index)],
  );
  return behindCursor.length > 0 && behindCursor.every((faint) => faint);
}

/** Rows that stand below the box at most: status bar, hints, notices. */
const MOST_ROWS_BELOW = 6;

/**
 * A box taller than the screen: its upper rule and the glyph have gone, its rows are indented, and the cursor stands
 * among them, above the lower rule (2.1.150, 2.1.329). An answer never holds the cursor, a dialog is not indented so.
 */
function findTallComposer({ rows, cursor }: ScreenRows): ComposerPlace | null {
  const bottom = rows.findLastIndex(({ text }) => isRule(text));
  if (bottom < 1 || rows.length - 1 - bottom > MOST_ROWS_BELOW || cursor.row >= bottom) return null;
  const inside = rows.slice(0, bottom);
  if (!inside.every(({ text }) => /^ {2}|^$/.test(text)) || !/^ {2}\S/.test(inside[0]?.text ?? ''))
    return null;
  const text = inside.map((row) => row.text.slice(2)).join('\n');
  return { top: 0, bottom, reading: { kind: 'draft', text: text.replaceAll('\u00a0', ' ').trimEnd() } };
}

/**
 * Finds the prompt box: two rules with the prompt glyph right below the upper one.
 * The lowest such pair counts, since an older box may stand in the scrollback above.
 */
export function findComposer(screen: ScreenRows, faces: Faces): ComposerPlace | null {
  const { rows } = screen;
  for (let bottom = rows.length - 1; bottom > 1; bottom--) {
    if (!isRule(rows[bottom]?.text ?? '')) continue;
    for (let top = bottom - 2; top >= 0; top--) {
      const text = rows[top]?.text ?? '';
      if (!isRule(text)) continue;
      const first = rows[top + 1];
      if (first === undefined || !startsPrompt(first.text, faces)) break;
      const words = textOf(rows, top, bottom);
      const kind = words === '' ? 'empty' : isGhost(first, words) ? 'ghost' : 'draft';
      return { top, bottom, reading: { kind, text: kind === 'ghost' ? '' : words } };
    }
  }
  return findTallComposer(screen);
}

/** True when a list of commands is open for what stands in the box: below it (to 2.1.150) or above it (2.1.329). */
export function commandMenuOpen({ rows }: ScreenRows, place: ComposerPlace, faces: Faces): boolean {
  if (!place.reading.text.startsWith('/')) return false;
  const below = rows.slice(place.bottom + 1, place.bottom + 3).some(({ text }) => faces.command.test(text));
  const above = rows
    .slice(Math.max(0, place.top - 2), place.top)
    .some(({ text }) => faces.command.test(text));
  return below || above;
}
