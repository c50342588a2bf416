import type { ComposerReading } from '../terminal/reading.ts';
import { cleanPrompt, withoutInvisible } from './clean-prompt.ts';

/** What stands in the box for a paste that is not shown (`[Pasted text #1 +20 lines]`) or was shortened; it is wrapped like words. */
const PASTE_MARKER = /\[(?:\.\.\.)?(?:Pasted|Truncated)\s+text\s+#\d+[^\]]*\]/g;

/** What Claude Code shows behind a command that takes arguments, in the same row (2.1.329). */
const ARGUMENT_HINT = /^(\/\S+)\s+(?:<[^<>]*>|\[[^[\]]*\])\s*$/;

/** A box with so many rows may be scrolled: only the end of the text is to be seen then. */
const ROWS_OF_A_SCROLLED_BOX = 4;

/** Letters and digits only: wrapping, the width of emoji and box drawing must not matter. */
function lettersOf(text: string): string {
  return withoutInvisible(cleanPrompt(text)).replace(/[^\p{L}\p{N}]/gu, '');
}

function isFilled({ kind }: ComposerReading): boolean {
  return kind === 'draft' || kind === 'menu';
}

function mayBeScrolled({ text }: ComposerReading): boolean {
  return text.split('\n').length >= ROWS_OF_A_SCROLLED_BOX;
}

/** Where in our text the words of the box begin; null when some of them are not in it, in this order. */
function startInText(composer: ComposerReading, ours: string): number | null {
  const parts = composer.text.split(PASTE_MARKER).map(lettersOf);
  let end = 0;
  for (const part of parts) {
    const at = ours.indexOf(part, end);
    if (at < 0) return null;
    end = at + part.length;
  }
  return ours.indexOf(parts[0] ?? '');
}

/**
 * True when the prompt box holds this text: all of it, or its end when the box is full, or a marker that stands for it.
 * A text without letters and digits is taken for present when the box is not empty.
 */
export function composerHolds(composer: ComposerReading, text: string): boolean {
  if (!isFilled(composer)) return false;
  const ours = lettersOf(text);
  const shown = text.startsWith('/') ? composer.text.replace(ARGUMENT_HINT, '$1') : composer.text;
  const parts = shown.split(PASTE_MARKER).map(lettersOf);
  const last = parts.at(-1) ?? '';
  if (parts.length > 1) return startInText(composer, ours) !== null && ours.endsWith(last);
  return last === ours || (last !== '' && mayBeScrolled(composer) && ours.endsWith(last));
}

/**
 * True when the box shows the whole text, letter by letter: no marker stands for a piece that may be cut off, and
 * nothing is scrolled out of sight.
 */
export function showsWhole(composer: ComposerReading, text: string): boolean {
  if (!isFilled(composer)) return false;
  const seen = lettersOf(composer.text);
  return seen !== '' && seen === lettersOf(text);
}

/**
 * True when the box holds the beginning of this text and nothing else: typing was cut off. Markers stand for pieces
 * that were taken for a paste; a box of many rows may be scrolled.
 */
export function holdsBeginning(composer: ComposerReading, text: string): boolean {
  if (!isFilled(composer) || lettersOf(composer.text) === '') return false;
  const start = startInText(composer, lettersOf(text));
  return start === 0 || (start !== null && mayBeScrolled(composer));
}

/** True when the box holds no letter that is not of this text, in its order. */
export function holdsOnly(composer: ComposerReading, text: string): boolean {
  return isFilled(composer) && startInText(composer, lettersOf(text)) !== null;
}

/** Enough of a text's end to be recognised; fewer letters could stand there by chance. */
const LETTERS_OF_AN_END = 40;

/**
 * True when the end of the text stands on the screen, whatever is drawn around it, or a part of the text with a marker
 * after it that stands for the rest (to 2.1.30, when keys come faster than they are drawn).
 */
export function screenEndsWith(screen: string, text: string): boolean {
  const ours = lettersOf(text);
  if (lettersOf(screen).includes(ours.slice(-LETTERS_OF_AN_END))) return true;
  const beforeMarker = screen.split(PASTE_MARKER).slice(0, -1).map(lettersOf).at(-1) ?? '';
  return beforeMarker.length >= LETTERS_OF_AN_END && ours.includes(beforeMarker.slice(-LETTERS_OF_AN_END));
}

/** The first words of the box, for a message; never more than a line. */
export function glimpse(composer: ComposerReading): string {
  const line = composer.text.split('\n', 1)[0] ?? '';
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}
