import { SerializeAddon } from '@xterm/addon-serialize';
import { createTerminalModes } from '../../services/pty/terminal-modes.ts';
import { createEmulator } from '../../services/terminal/emulator.ts';

/** As many as the pty host keeps. */
const SCROLLBACK_LINES = 1_000;
/** Restores the screen without the alternate one of before, whatever the session had switched on. */
const ANEW = '\x1bc';

export interface SessionScreen {
  /** The screen as it stands replaces everything. */
  replace(screen: { readonly data: string; readonly columns: number; readonly rows: number }): void;
  follow(data: string): void;
  resize(columns: number, rows: number): void;
  /** Calls back with the recent lines, for looking back. */
  lines(ready: (lines: readonly string[]) => void): void;
  /**
   * Calls back with what draws the visible part again, with the session's modes. It holds everything that was followed
   * until the call back, and nothing comes in between.
   */
  redraw(ready: (data: string) => void): void;
  inAlternate(): boolean;
  dispose(): void;
}

/** What the session's terminal looks like, kept beside the person's own so that it can be drawn again. */
export function createSessionScreen(): SessionScreen {
  const emulator = createEmulator({
    columns: 80,
    rows: 24,
    scrollback: SCROLLBACK_LINES,
    // The pty host's terminal answers.
    onReply: () => {},
  });
  const serializer = new SerializeAddon();
  emulator.terminal.loadAddon(serializer);
  const modes = createTerminalModes();
  let alternate = false;
  let unparsed = 0;

  function write(data: string): void {
    modes.follow(data);
    for (const [, how] of data.matchAll(/\x1b\[\?(?:1049|1047|47)([hl])/g)) alternate = how === 'h';
    unparsed += 1;
    emulator.terminal.write(data, () => {
      unparsed -= 1;
    });
  }

  function whenParsed(then: () => void): void {
    emulator.terminal.write('', () => (unparsed === 0 ? then() : whenParsed(then)));
  }

  return {
    replace({ data, columns, rows }) {
      alternate = false;
      emulator.terminal.resize(columns, rows);
      write(ANEW + data);
    },
    follow: write,
    resize: (columns, rows) => emulator.terminal.resize(columns, rows),
    lines: (ready) =>
      whenParsed(() => ready(emulator.text(SCROLLBACK_LINES + emulator.terminal.rows).split('\n'))),
    redraw: (ready) => whenParsed(() => ready(serializer.serialize({ scrollback: 0 }) + modes.restore())),
    inAlternate: () => alternate,
    dispose: () => emulator.dispose(),
  };
}
