import { isRule } from './composer.ts';
import { readDialogBody } from './dialog-body.ts';
import type { Faces } from './faces.ts';
import type { DialogOption, DialogReading } from './reading.ts';
import type { ScreenRow, ScreenRows } from './screen-rows.ts';
import { trustBody, trustQuestion } from './trust-dialog.ts';

/** A narrow window leaves no blank behind the number. */
const OPTION = /^\s{0,4}(❯|>)?\s*(?:(\d+)\.\s*)?(\S.*)$/;
/** Where option labels may begin: deeper rows describe the option above them. */
const DEEPEST_LABEL = 6;

function unframed(text: string): string {
  return text.replace(/^│ ?/, '').replace(/\s*│$/, '');
}

interface Highlight {
  readonly row: number;
  /** Column of the first character of the label or its number. */
  readonly column: number;
}

/** The row with the pointer: at the left edge (column 0 to 4), with words behind it. */
function findHighlight(texts: readonly string[]): Highlight | null {
  for (let row = texts.length - 1; row >= 0; row--) {
    const match = /^( {0,4})[❯>] (\s*)\S/.exec(texts[row] ?? '');
    if (match !== null) return { row, column: (match[1]?.length ?? 0) + 2 + (match[2]?.length ?? 0) };
  }
  return null;
}

function asOption(text: string, column: number): DialogOption | null {
  const match = OPTION.exec(text);
  const label = match?.[3];
  if (match === null || label === undefined || text.length - text.trimStart().length > DEEPEST_LABEL)
    return null;
  const pointer = match[1] !== undefined;
  const start = pointer ? column : text.search(/\S/);
  // A narrow window shifts numbered options by a column against each other.
  if (match[2] === undefined && start !== column) return null;
  const number = match[2];
  return {
    ...(number === undefined ? {} : { number: Number(number) }),
    label: label.trim(),
    highlighted: pointer,
  };
}

interface Options {
  readonly options: DialogOption[];
  /** Rows of the first and the last of them. */
  readonly first: number;
  readonly last: number;
}

/** Unnumbered options stand row by row at the pointer's column. */
function collectPlain(texts: readonly string[], { row, column }: Highlight, faces: Faces): Options {
  const at = (y: number) => {
    const text = texts[y] ?? '';
    const option = faces.dialogFooter.test(text) ? null : asOption(text, column);
    return option?.number === undefined ? option : null;
  };
  let first = row;
  let last = row;
  while (at(first - 1) !== null) first--;
  while (at(last + 1) !== null) last++;
  const options = Array.from({ length: last - first + 1 }, (_, index) => at(first + index));
  return { options: options.filter((option) => option !== null), first, last };
}

/** Numbered options count up from 1; descriptions, rules and blank rows may stand between them. */
function collectNumbered(texts: readonly string[], { row, column }: Highlight, faces: Faces): Options {
  const found: { readonly at: number; readonly option: DialogOption }[] = [];
  const numbered = (y: number): DialogOption | null => {
    const option = asOption(texts[y] ?? '', column);
    return option?.number === undefined ? null : option;
  };
  const ends = (y: number): boolean => {
    const text = texts[y] ?? '';
    return faces.dialogFooter.test(text) || !(text.trim() === '' || isRule(text) || /^ {2,}\S/.test(text));
  };
  for (let y = row, wanted = numbered(row)?.number ?? 0; y >= 0 && wanted > 0; y--) {
    const option = numbered(y);
    if (option?.number === wanted) {
      found.unshift({ at: y, option });
      wanted--;
    } else if (y !== row && ends(y)) break;
  }
  for (let y = row + 1, wanted = (numbered(row)?.number ?? 0) + 1; y < texts.length; y++) {
    const option = numbered(y);
    if (option?.number === wanted) {
      found.push({ at: y, option });
      wanted++;
    } else if (ends(y)) break;
  }
  return {
    options: found.map(({ option }) => option),
    first: found[0]?.at ?? row,
    last: found.at(-1)?.at ?? row,
  };
}

function collectOptions(texts: readonly string[], highlight: Highlight, faces: Faces): Options {
  return asOption(texts[highlight.row] ?? '', highlight.column)?.number === undefined
    ? collectPlain(texts, highlight, faces)
    : collectNumbered(texts, highlight, faces);
}

function kindOf(
  words: string,
  question: string | undefined,
  footer: string | undefined,
  tool: string | undefined,
  faces: Faces,
): DialogReading['kind'] {
  if (faces.trust.test(words)) return 'trust';
  if (faces.signIn.test(words)) return 'signIn';
  if (faces.limit.test(words)) return 'limit';
  if (faces.plan.test(words)) return 'plan';
  if (tool !== undefined || (question !== undefined && faces.permission.test(question))) return 'permission';
  if (footer !== undefined && /to navigate/i.test(footer)) return 'question';
  return footer === undefined ? 'unknown' : 'picker';
}

/** The rule that opens the dialog; a frame that is part of it (2.0.60, a new file) is passed over. */
function topOf(texts: readonly string[], first: number): number {
  let top = first - 1;
  for (let frames = 0; top >= 0; top--) {
    const text = texts[top] ?? '';
    if (text.startsWith('╰')) frames++;
    else if (text.startsWith('╭') && frames > 0) frames--;
    else if (frames === 0 && isRule(text)) break;
  }
  return top;
}

/** The rows behind the heading and before the question. */
function between(
  rows: readonly ScreenRow[],
  heading: string | undefined,
  question: string | undefined,
): readonly string[] {
  const texts = rows.map(({ text }) => text.replace(/^│ /, ' ').replace(/\s*│$/, ''));
  const start = texts.findIndex((text) => text.trim() === heading);
  const end = texts.findLastIndex((text) => text.trim() === question);
  return texts.slice(start + 1, end > start ? end : undefined);
}

/** A label too long for its row goes on below, at the label's own column; permissions have no descriptions there. */
function withWrappedLabels(
  options: readonly DialogOption[],
  texts: readonly string[],
  first: number,
  last: number,
): DialogOption[] {
  const whole = options.map((option) => ({ ...option }));
  let current = -1;
  for (const text of texts.slice(first, last + 1)) {
    const next = whole[current + 1];
    const words = text.trim();
    if (next !== undefined && words.endsWith(next.label)) current += 1;
    else if (/^ {4,}\S/.test(text) && current >= 0) {
      const option = whole[current];
      if (option !== undefined) option.label = `${option.label} ${words}`;
    }
  }
  return whole;
}

/**
 * Reads the dialog that stands in the place of the prompt box: a pointer at the left edge below the last rule that
 * opens it, and a footer that names the keys. An answer that imitates one is indented and has a prompt box below it.
 */
export function readDialog({ rows }: ScreenRows, faces: Faces): DialogReading | null {
  const texts = rows.map(({ text }: ScreenRow) => unframed(text));
  const highlight = findHighlight(texts);
  if (highlight === null) return null;
  const { options, first, last } = collectOptions(texts, highlight, faces);
  const footer = texts
    .slice(last + 1)
    .find((text) => faces.dialogFooter.test(text))
    ?.trim();
  if (options.length < 2 || (footer === undefined && !options.some(({ number }) => number !== undefined)))
    return null;
  const top = topOf(texts, first);
  if (top < 0 && footer === undefined) return null;
  const above = texts.slice(top + 1, first);
  const lines = above.map((text) => text.trim()).filter((text) => text !== '' && !/^[╌─▔]+$/.test(text));
  const heading = lines[0];
  const words = above.join('\n');
  const isTrust = faces.trust.test(words);
  const question =
    (isTrust ? trustQuestion(words) : undefined) ??
    lines.findLast((text) => text.endsWith('?')) ??
    (lines.length > 1 ? lines.at(-1) : undefined);
  const tool =
    heading === undefined ? undefined : faces.headings.find(([pattern]) => pattern.test(heading))?.[1];
  const asked = rows.slice(top + 1, first);
  const body = isTrust
    ? trustBody(above.slice(above.findIndex((text) => text.trim() === heading) + 1))
    : readDialogBody(between(asked, heading, question), { heading: heading ?? '', tool });
  return {
    kind: kindOf(words, question, footer, tool, faces),
    ...(heading === undefined ? {} : { heading }),
    ...(tool === undefined ? {} : { tool }),
    ...body,
    ...(question === undefined ? {} : { question }),
    options: tool === undefined ? options : withWrappedLabels(options, texts, first, last),
    ...(footer === undefined ? {} : { footer }),
  };
}
