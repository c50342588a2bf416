/** Claude Code leaves so many columns free beside what it wraps, at the most: frames, indentation. */
const FREE_COLUMNS = 10;
/** What stands before the words of a row that goes on with those of the row before, and behind those of a full one. */
const BEFORE_WORDS = /^[\s│┃|⎿>❯⏺●]*/;
const BEHIND_WORDS = /[\s│┃|]*$/;
/** Letters that take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/gu;

const columnsOf = (row: string): number => row.length + (row.match(WIDE)?.length ?? 0);

/** Rows that go on from one to the next, each but the last of them full. */
function passagesOf(rows: readonly string[], columns: number): readonly (readonly number[])[] {
  const passages: number[][] = [];
  let current: number[] = [];
  for (const [number, row] of rows.entries()) {
    current.push(number);
    if (columnsOf(row.trimEnd()) >= columns - FREE_COLUMNS) continue;
    if (current.length > 1) passages.push(current);
    current = [];
  }
  if (current.length > 1) passages.push(current);
  return passages;
}

/** The words of some rows in one, and where each letter of it stands. */
function joined(rows: readonly string[], passage: readonly number[]) {
  let text = '';
  const places: { readonly row: number; readonly at: number }[] = [];
  for (const [index, row] of passage.entries()) {
    const whole = rows[row] ?? '';
    const start = index === 0 ? 0 : (BEFORE_WORDS.exec(whole)?.[0].length ?? 0);
    const end = Math.max(start, BEHIND_WORDS.exec(whole)?.index ?? whole.length);
    text += whole.slice(start, end);
    for (let at = start; at < end; at += 1) places.push({ row, at });
  }
  return { text, places };
}

/**
 * Paints over what must not be seen where it begins in one row of a screen and goes on in the next: what is read row by
 * row misses it. Within a row nothing is changed.
 * @param columns of the screen
 * @param blot paints over it in a text, letter for letter
 */
export function blotAcrossFullRows(
  rows: readonly string[],
  columns: number,
  blot: (text: string) => string,
): readonly string[] {
  const letters = rows.map((row) => row.split(''));
  for (const passage of passagesOf(rows, columns)) {
    const { text, places } = joined(rows, passage);
    const clean = blot(text);
    if (clean === text) continue;
    for (let from = 0; from < text.length; from += 1) {
      if (clean[from] === text[from]) continue;
      let to = from;
      while (to < text.length && clean[to] !== text[to]) to += 1;
      const hidden = places.slice(from, to);
      const isAcross = hidden[0]?.row !== hidden.at(-1)?.row;
      for (const [index, { row, at }] of hidden.entries()) {
        const line = letters[row];
        if (isAcross && line !== undefined) line[at] = clean[from + index] ?? '';
      }
      from = to;
    }
  }
  return letters.map((row) => row.join(''));
}
