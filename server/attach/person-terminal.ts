import type { ReadStream, WriteStream } from 'node:tty';

/** The streams of the process that a person sits at. `process` itself is one. */
export interface AttachIo {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: { write(text: string): unknown };
  readonly env: NodeJS.ProcessEnv;
}

/** The title is kept by the terminal itself (xterm's window operations); terminals without them ignore this. */
const KEEP_TITLE = '\x1b[22;0t';
const GIVE_TITLE_BACK = '\x1b[23;0t';
/**
 * Everything that a session may have switched on: colours, margins, origin, insert and keypad modes, mouse, focus, paste,
 * colour-scheme reports, a hidden or changed cursor, a frame that was begun and not ended.
 */
export const DEFAULT_MODES = [
  '\x1b[?2026l',
  '\x1b[0m',
  '\x1b[?6l\x1b[r',
  '\x1b[4l\x1b[?7h\x1b[?1l\x1b>',
  '\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l',
  '\x1b[?1004l\x1b[?2004l\x1b[?2031l',
  '\x1b[?25h\x1b[0 q',
].join('');
export const ENTER_ALTERNATE = '\x1b[?1049h';
export const LEAVE_ALTERNATE = '\x1b[?1049l';

export interface PersonTerminal {
  size(): { readonly columns: number; readonly rows: number };
  /** `drawn` is called when the terminal has taken it. */
  write(data: string, drawn?: () => void): void;
  /** Puts everything back as it was; `inAlternate` says which screen is shown now. More calls do nothing. */
  restore(inAlternate: boolean): void;
}

/** Takes the terminal over: keys come one by one, Ctrl-C among them, and what stood on the screen moves up. */
export function takePersonTerminal(
  { stdin, stdout }: AttachIo,
  on: { keys(data: string): void; resized(): void; ended(): void },
): PersonTerminal {
  let restored = false;
  const size = (): { columns: number; rows: number } => ({
    columns: stdout.columns || 80,
    rows: stdout.rows || 24,
  });
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.on('data', on.keys);
  stdin.once('end', on.ended);
  stdout.on('resize', on.resized);
  // A terminal that was closed cannot be written to; the end of stdin or SIGHUP says the same.
  stdout.on('error', on.ended);
  stdout.write(`${KEEP_TITLE}${'\r\n'.repeat(size().rows)}\x1b[H`);
  stdin.resume();
  return {
    size,
    write(data, drawn) {
      if (!restored) stdout.write(data, drawn);
    },
    restore(inAlternate) {
      if (restored) return;
      restored = true;
      stdout.off('resize', on.resized);
      stdin.off('data', on.keys);
      stdin.off('end', on.ended);
      const screen = inAlternate ? LEAVE_ALTERNATE : '';
      stdout.write(`${DEFAULT_MODES}${screen}\x1b[${size().rows};1H\r\n\x1b[J${GIVE_TITLE_BACK}`);
      try {
        stdin.setRawMode(false);
      } catch {
        // The terminal is gone, and its modes with it.
      }
      stdin.pause();
      stdout.off('error', on.ended);
    },
  };
}
