import { SerializeAddon } from '@xterm/addon-serialize';

import headless, { type Terminal } from '@xterm/headless';
import { UnicodeGraphemesAddon } from './graphemes.ts';

export interface Emulator {
  readonly terminal: Terminal;
  readonly title: () => string;
  /** Bytes that draw the same screen, scrollback and modes in another terminal. */
  serialize(): string;
  /** Plain text: the visible rows, or the last `lines` lines with scrollback. */
  text(lines?: number): string;
  dispose(): void;
}

/**
 * A headless terminal. It answers the program's questions (device attributes, cursor position) through `onReply`,
 * which must go back to the pseudo-terminal, or some programs wait for ever.
 */
export function createEmulator(options: {
  readonly columns: number;
  readonly rows: number;
  readonly scrollback: number;
  readonly onReply: (data: string) => void;
}): Emulator {
  const terminal = new headless.Terminal({
    cols: options.columns,
    rows: options.rows,
    scrollback: options.scrollback,
    allowProposedApi: true,
    // It would print every malformed sequence of a program to our own output.
    logLevel: 'off',
  });
  // The default widths are those of Unicode 6: an emoji would be one column wide and shift the row. Claude Code counts
  // an emoji of several characters as one, as terminals of today do; counted singly, its redraws leave remnants.
  terminal.loadAddon(new UnicodeGraphemesAddon());
  const serializer = new SerializeAddon();
  terminal.loadAddon(serializer);
  let title = '';
  terminal.onTitleChange((next) => {
    title = next;
  });
  terminal.onData(options.onReply);
  return {
    terminal,
    title: () => title,
    serialize: () => serializer.serialize(),
    text(lines) {
      const buffer = terminal.buffer.active;
      const end = buffer.baseY + terminal.rows;
      const start = lines === undefined ? buffer.baseY : Math.max(0, end - lines);
      const rows: string[] = [];
      for (let y = start; y < end; y++) rows.push(buffer.getLine(y)?.translateToString(true) ?? '');
      while (rows.length > 0 && rows.at(-1) === '') rows.pop();
      return rows.join('\n');
    },
    dispose: () => terminal.dispose(),
  };
}
