import { isRule } from './composer.ts';
import { FACES } from './faces.ts';
import type { DialogOption, DialogReading } from './reading.ts';
import type { ScreenRow, ScreenRows } from './screen-rows.ts';

const OPTION = /^\s{0,4}(❯|>)?\s*(?:(\d+)\.\s+)?(\S.*)$/;
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

/** The row with the pointer: at the left edge (column 0 to 2), with words behind it. */
function findHighlight(texts: readonly string[]): Highlight | null {
  for (let row = texts.length - 1; row >= 0; row--) {
    const match = /^( {0,2})[❯>] (\s*)\S/.exec(texts[row] ?? '');
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

/** Options stand above and below the pointer at its column; numbered ones may be parted by descriptions and rules. */
function collectOptions(
  texts: readonly string[],
  highlight: Highlight,
): { options: DialogOption[]; first: number; last: number } {
  const numbered = /^\s*[❯>]\s*\d+\./.test(texts[highlight.row] ?? '');
  const found: { at: number; option: DialogOption }[] = [];
  const consider = (row: number): 'option' | 'skip' | 'end' => {
    const text = texts[row] ?? '';
    if (FACES.dialogFooter.test(text)) return 'end';
    const option = asOption(text, highlight.column);
    if (option !== null && numbered === (option.number !== undefined)) {
      found.push({ at: row, option });
      return 'option';
    }
    if (numbered) return text.trim() === '' || isRule(text) || /^ {3,}\S/.test(text) ? 'skip' : 'end';
    return 'end';
  };
  for (let row = highlight.row; row >= 0; row--) if (consider(row) === 'end') break;
  for (let row = highlight.row + 1; row < texts.length; row++) if (consider(row) === 'end') break;
  found.sort((a, b) => a.at - b.at);
  return {
    options: found.map(({ option }) => option),
    first: found[0]?.at ?? highlight.row,
    last: found.at(-1)?.at ?? highlight.row,
  };
}

function kindOf(
  words: string,
  question: string | undefined,
  footer: string | undefined,
  tool: string | undefined,
): DialogReading['kind'] {
  if (FACES.trust.test(words)) return 'trust';
  if (FACES.signIn.test(words)) return 'signIn';
  if (FACES.limit.test(words)) return 'limit';
  if (FACES.plan.test(words)) return 'plan';
  if (tool !== undefined || (question !== undefined && FACES.permission.test(question))) return 'permission';
  if (footer !== undefined && /to navigate/i.test(footer)) return 'question';
  return footer === undefined ? 'unknown' : 'picker';
}

/**
 * Reads the dialog that stands in the place of the prompt box: a pointer at the left edge below the last rule that
 * opens it, and a footer that names the keys. An answer that imitates one is indented and has a prompt box below it.
 */
export function readDialog({ rows }: ScreenRows): DialogReading | null {
  const texts = rows.map(({ text }: ScreenRow) => unframed(text));
  const highlight = findHighlight(texts);
  if (highlight === null) return null;
  const { options, first, last } = collectOptions(texts, highlight);
  const footer = texts
    .slice(last + 1)
    .find((text) => FACES.dialogFooter.test(text))
    ?.trim();
  if (options.length < 2 || (footer === undefined && !options.some(({ number }) => number !== undefined)))
    return null;
  let top = first - 1;
  while (top >= 0 && !isRule(texts[top] ?? '')) top--;
  if (top < 0 && footer === undefined) return null;
  const above = texts.slice(top + 1, first);
  const lines = above.map((text) => text.trim()).filter((text) => text !== '');
  const heading = lines[0];
  const question =
    lines.findLast((text) => text.endsWith('?')) ?? (lines.length > 1 ? lines.at(-1) : undefined);
  const tool =
    heading === undefined ? undefined : FACES.headings.find(([pattern]) => pattern.test(heading))?.[1];
  const argument = lines
    .slice(1)
    .filter((text) => text !== question && !/^[╌─]+$/.test(text))
    .join('\n');
  const words = above.join('\n');
  return {
    kind: kindOf(words, question, footer, tool),
    ...(heading === undefined ? {} : { heading }),
    ...(tool === undefined ? {} : { tool }),
    ...(argument === '' ? {} : { argument }),
    ...(question === undefined ? {} : { question }),
    options,
    ...(footer === undefined ? {} : { footer }),
  };
}
