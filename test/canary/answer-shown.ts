import { openRecording } from '../../services/recording/asciicast.ts';
import { createEmulator } from '../../services/terminal/emulator.ts';
import type { TrueChange } from './truth-log.ts';

const ECHO = /^[❯>] \S/;
const EMPTY_BOX = /^[\s│]*[❯>][│\s]*$/;
const BULLET = /^\s*[●⏺] \S/;
const PROSE = /^ {2}\S/;
const FRAME = /^\s*[╭╰│─]/;

/** True when some of an answer stands between the last prompt and the box. */
function answerStands(rows: readonly string[]): boolean {
  const box = rows.findLastIndex((row) => EMPTY_BOX.test(row));
  const above = rows.slice(0, box < 0 ? rows.length : box);
  const echo = above.findLastIndex((row) => ECHO.test(row));
  const body = above.slice(echo + 1).filter((row) => row.trim() !== '' && !FRAME.test(row));
  return body.some((row) => BULLET.test(row) || (echo < 0 && PROSE.test(row)));
}

/**
 * Adds to each `responding` when the answer's text first stood on the screen, for good: older versions draw a
 * paragraph only when it is whole, and until then nobody can tell responding from thinking.
 */
export async function markShown(
  cast: string,
  truth: readonly TrueChange[],
): Promise<readonly (TrueChange & { readonly shown?: number })[]> {
  const recording = await openRecording(cast);
  const emulator = createEmulator({ ...recording, scrollback: 0, onReply: () => {} });
  const shown = new Map<TrueChange, number>();
  try {
    for await (const { at, kind, data } of recording.events) {
      const [columns, rows] = data.split('x').map(Number);
      if (kind === 'r') emulator.terminal.resize(columns ?? recording.columns, rows ?? recording.rows);
      if (kind !== 'o') continue;
      await new Promise<void>((parsed) => emulator.terminal.write(data, parsed));
      const change = truth.findLast(({ t }) => t <= at);
      if (change?.state !== 'responding') continue;
      if (!answerStands(emulator.text().split('\n'))) shown.delete(change);
      else if (!shown.has(change)) shown.set(change, at);
    }
  } finally {
    emulator.dispose();
  }
  return truth.map((change) => {
    const at = shown.get(change);
    return at === undefined ? change : { ...change, shown: at };
  });
}
