import { openRecording } from '../../services/recording/asciicast.ts';
import { createEmulator } from '../../services/terminal/emulator.ts';
import type { TrueChange } from './truth-log.ts';

const ECHO = /^[❯>] \S/;
/** What may stand before the first words of an answer: a bullet, or the indent of its further rows. */
const BEFORE_WORDS = /^\s*(?:[●⏺] )?\s*/;
/** Marks of Markdown that are drawn as something else. */
const MARKDOWN = /^[\s#>*`|-]+/;
/** Enough to know an answer by; more could be wrapped in a narrow window. */
const KNOWN_BY = 12;

/** How many rows below the last prompt begin as the answer does. */
function rowsOfAnswer(rows: readonly string[], head: string): number {
  const words = head.replace(MARKDOWN, '').split('\n')[0]?.slice(0, KNOWN_BY).trim() ?? '';
  const echo = rows.findLastIndex((row) => ECHO.test(row));
  return rows
    .slice(echo + 1)
    .filter((row) => row.replace(BEFORE_WORDS, '').replace(MARKDOWN, '').startsWith(words)).length;
}

/**
 * Adds to each `responding` when the answer's first words first stood on the screen: older versions draw a paragraph
 * only when it is whole, as newer ones do on the normal screen, and until then nobody can tell responding from thinking.
 */
export async function markShown(
  cast: string,
  truth: readonly TrueChange[],
): Promise<readonly (TrueChange & { readonly shown?: number })[]> {
  const recording = await openRecording(cast);
  const emulator = createEmulator({ ...recording, scrollback: 0, onReply: () => {} });
  const shown = new Map<TrueChange, number>();
  /** Answers that stood there before and begin the same. */
  const before = new Map<TrueChange, number>();
  try {
    for await (const { at, kind, data } of recording.events) {
      const [columns, rows] = data.split('x').map(Number);
      if (kind === 'r') emulator.terminal.resize(columns ?? recording.columns, rows ?? recording.rows);
      if (kind !== 'o') continue;
      const change = truth.findLast(({ t }) => t <= at);
      const count = () => rowsOfAnswer(emulator.text().split('\n'), change?.head ?? '');
      if (change?.state === 'responding' && !before.has(change)) before.set(change, count());
      await new Promise<void>((parsed) => emulator.terminal.write(data, parsed));
      if (change?.state !== 'responding' || shown.has(change)) continue;
      if (count() > (before.get(change) ?? 0)) shown.set(change, at);
    }
  } finally {
    emulator.dispose();
  }
  return truth.map((change) => {
    const at = shown.get(change);
    return at === undefined ? change : { ...change, shown: at };
  });
}
