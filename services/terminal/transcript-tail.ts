import type { Faces } from './faces.ts';
import type { ScreenRow } from './screen-rows.ts';

/** Nothing of the conversation begins so far to the right. */
const LEAST_ASIDE = 20;

/** The last thing that stands in the conversation above the prompt box. */
export type Tail =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'answer' }
  | { readonly kind: 'toolWaiting'; readonly tool: string | undefined }
  | { readonly kind: 'toolEnded' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'limit'; readonly text: string };

export interface TranscriptTail {
  readonly tail: Tail;
  /** The words of the spinner row, when one stands there. */
  readonly spinner: string | undefined;
  /** The row that a finished turn leaves. */
  readonly turnEnded: boolean;
  /** The turn has ended and says that work goes on behind it. */
  readonly parked: boolean;
}

const startsWithOne = (text: string, glyphs: readonly string[]): boolean =>
  glyphs.some((glyph) => text.startsWith(glyph));

/** Words behind the branch glyph of a row, or undefined when it has none at column 2. */
function branchWords(text: string, faces: Faces): string | undefined {
  const match = /^ {2}(\S)\s+(.*)$/.exec(text);
  return match?.[1] !== undefined && startsWithOne(match[1], faces.branch) ? match[2] : undefined;
}

/** A spinner stands at column 0 and its words end in an ellipsis, alone or before a bracket. */
function spinnerWords(text: string, faces: Faces): string | undefined {
  const match = /^(\S) (\S.*)$/.exec(text);
  if (match?.[1] === undefined || !startsWithOne(match[1], faces.spinner)) return undefined;
  const words = match[2] ?? '';
  return /…(?:$| *\()/.test(words) || faces.retrying.test(words) ? words : undefined;
}

function isEcho(text: string, faces: Faces): boolean {
  return faces.prompt.some((glyph) => text.startsWith(`${glyph} `) && text.length > 2);
}

/** Words typed while a turn goes on wait in grey, below what the turn has drawn; those that were sent are plain. */
function isQueued(row: ScreenRow): boolean {
  return row.tint(2) === 'grey';
}

/** A problem behind a branch or a bullet. Drawn in a colour of its own; plain words are only words. */
function problem(words: string, row: ScreenRow, column: number, faces: Faces): Tail | undefined {
  if (row.tint(column) === 'plain') return undefined;
  if (faces.limit.test(words)) return { kind: 'limit', text: words };
  if (faces.retrying.test(words)) return undefined;
  return faces.apiError.test(words) ? { kind: 'error', text: words } : undefined;
}

function judgeBranch(
  rows: readonly ScreenRow[],
  at: number,
  row: ScreenRow,
  words: string,
  faces: Faces,
): Tail | undefined {
  if (faces.interrupted.test(words) && row.tint(row.text.indexOf(words)) !== 'plain')
    return { kind: 'interrupted' };
  const trouble = problem(words, row, row.text.indexOf(words), faces);
  return trouble === undefined || isOneParagraph(rows, at, faces) ? trouble : { kind: 'answer' };
}

/** An API error is one paragraph; an answer that begins like one (and is drawn like one) goes on below it. */
function isOneParagraph(rows: readonly ScreenRow[], first: number, faces: Faces): boolean {
  let gap = false;
  for (const { text } of rows.slice(first + 1)) {
    if (text.trim() === '') gap = true;
    else if (faces.turnEnded.test(text) || spinnerWords(text, faces) !== undefined) return true;
    else if (gap && /^ {2,6}\S/.test(text)) return false;
  }
  return true;
}

function judgeBullet(
  rows: readonly ScreenRow[],
  at: number,
  row: ScreenRow,
  following: readonly ScreenRow[],
  faces: Faces,
): Tail {
  const words = row.text.slice(2);
  const trouble = problem(words, row, 2, faces);
  if (trouble !== undefined && isOneParagraph(rows, at, faces)) return trouble;
  const branch = following.map(({ text }) => branchWords(text, faces)).find((found) => found !== undefined);
  const call = faces.toolCall.exec(words)?.[1];
  const tint = row.tint(0);
  if (tint === 'grey') return { kind: 'toolWaiting', tool: call };
  if (tint === 'coloured' && trouble === undefined) return { kind: 'toolEnded' };
  if (call !== undefined && branch !== undefined) {
    return faces.toolWaiting.test(branch) ? { kind: 'toolWaiting', tool: call } : { kind: 'toolEnded' };
  }
  return { kind: 'answer' };
}

/**
 * A tool call whose bullet blinks is drawn without it every other frame: the blank in its place keeps the grey, the
 * name behind it is plain. Where the blank keeps no colour, the branch below is grey.
 */
function isBlinkedCall(rows: readonly ScreenRow[], at: number, faces: Faces): boolean {
  const row = rows[at];
  if (row === undefined || !/^ {2}\S/.test(row.text) || branchWords(row.text, faces) !== undefined)
    return false;
  if (row.tint(0) === 'grey' && row.tint(2) === 'plain') return true;
  const below = rows[at + 1];
  if (below === undefined || (rows[at - 1]?.text.trim() ?? '') !== '') return false;
  const words = branchWords(below.text, faces);
  return (
    words !== undefined && (below.tint(2) === 'grey' || below.tint(below.text.indexOf(words)) === 'grey')
  );
}

/** A hint at the right edge, above the box: no part of the conversation. */
function isAside(text: string): boolean {
  const indent = text.search(/\S/);
  return indent > LEAST_ASIDE && indent > text.length / 2;
}

/** What a row above the box says of the last thing that happened; null when it is only part of something. */
function judgeRow(
  rows: readonly ScreenRow[],
  at: number,
  following: readonly ScreenRow[],
  faces: Faces,
): Tail | null {
  const row = rows[at];
  if (row === undefined) return null;
  const { text } = row;
  const branch = branchWords(text, faces);
  const told = branch === undefined ? undefined : judgeBranch(rows, at, row, branch, faces);
  if (told !== undefined) return told;
  if (startsWithOne(text, faces.bullet) && /^\S(?: |$)/.test(text))
    return judgeBullet(rows, at, row, following, faces);
  if (isBlinkedCall(rows, at, faces))
    return { kind: 'toolWaiting', tool: faces.toolCall.exec(text.slice(2))?.[1] };
  if (faces.collapsedTool.test(text) && row.tint(2) === 'grey')
    return /…\s*$/.test(text) ? { kind: 'toolWaiting', tool: undefined } : { kind: 'toolEnded' };
  return null;
}

/**
 * Reads what was said last, from the rows above the prompt box. Everything that an answer can contain is indented;
 * only Claude Code itself draws at column 0, and that is what this looks at.
 */
export function readTail(rows: readonly ScreenRow[], faces: Faces): TranscriptTail {
  let spinner: string | undefined;
  let turnEnded = false;
  let parked = false;
  /** A tool that has ended: another one of the same round may still run above it. */
  let ended: Tail | undefined;
  const following: ScreenRow[] = [];
  const found = (tail: Tail): TranscriptTail => ({ tail, spinner, turnEnded, parked });
  for (let y = rows.length - 1; y >= 0; y--) {
    const row = rows[y];
    if (row === undefined || row.text.trim() === '' || isAside(row.text)) continue;
    const { text } = row;
    const words = spinnerWords(text, faces);
    if (words !== undefined && !turnEnded && ended === undefined) {
      spinner ??= words;
      // The tip below a spinner belongs to it, not to the conversation.
      following.length = 0;
      continue;
    }
    if (ended === undefined && (faces.turnEnded.test(text) || faces.waitsBehind.test(text))) {
      turnEnded = true;
      parked ||= following.length === 0 && faces.waitsBehind.test(text);
      following.unshift(row);
      continue;
    }
    if (isEcho(text, faces)) {
      if (!isQueued(row)) return found(ended ?? { kind: 'nothing' });
      following.length = 0;
      continue;
    }
    const tail = judgeRow(rows, y, following, faces);
    if (tail?.kind === 'toolEnded') {
      ended ??= tail;
      following.length = 0;
    } else if (tail !== null) return found(ended === undefined || tail.kind === 'toolWaiting' ? tail : ended);
    else following.unshift(row);
  }
  if (ended !== undefined) return found(ended);
  // A long answer pushes its own first row, and the prompt, off the screen.
  const onlyAnswer = following.some((row) => /^ {2}\S/.test(row.text) && row.tint(2) === 'plain');
  return found(onlyAnswer ? { kind: 'answer' } : { kind: 'nothing' });
}
