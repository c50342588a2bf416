import { WebSocket } from 'ws';
import { createKeyReader } from './keys.ts';
import { type AttachClientMessage, AttachServerMessage } from './protocol.ts';
import { openPager, type Pager } from './scrollback.ts';

/** The terminal of the person. Structurally process.stdin and process.stdout. */
export interface PersonTerminal {
  readonly input: {
    readonly isTTY?: boolean;
    setRawMode?(raw: boolean): unknown;
    on(event: 'data', listener: (bytes: Buffer) => void): unknown;
    off(event: 'data', listener: (bytes: Buffer) => void): unknown;
    resume(): unknown;
    pause(): unknown;
  };
  readonly output: {
    readonly columns?: number;
    readonly rows?: number;
    write(text: string): unknown;
    on(event: 'resize', listener: () => void): unknown;
    off(event: 'resize', listener: () => void): unknown;
  };
}

export interface ViewOptions {
  readonly url: string;
  readonly token: string;
  readonly readOnly: boolean;
  /** Print what comes as JSON lines instead of drawing it. */
  readonly json: boolean;
  readonly scrollback: () => Promise<string>;
  /** Aborted by SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
}

/** Why the view ended, in words, and the exit status. */
export interface ViewEnd {
  readonly reason: string;
  readonly status: number;
}

/** Ends mouse reporting, bracketed paste, the alternate screen, hidden cursor and colours, whatever was on. */
const RESTORE =
  '\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1004l\u001b[?1006l\u001b[?2004l\u001b[?2026l\u001b[?1049l\u001b[?25h\u001b[0m\r\n';
/** A fresh screen replaces everything. */
const CLEAR = '\u001b[0m\u001b[H\u001b[2J\u001b[3J';

/** Shows a slot's terminal until the person leaves, the program ends or the connection is lost. Always restores the terminal. */
export function viewTerminal(person: PersonTerminal, options: ViewOptions): Promise<ViewEnd> {
  const { input, output } = person;
  const { readOnly, json } = options;
  return new Promise((resolve) => {
    const socket = new WebSocket(options.url, {
      headers: { authorization: `Bearer ${options.token}` },
      perMessageDeflate: false,
    });
    const readKeys = createKeyReader();
    let pager: Pager | undefined;
    /** What came while the pager covered the screen. */
    let held = '';
    let over = false;

    function send(message: AttachClientMessage): void {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
    }

    function finish(reason: string, status: number): void {
      if (over) return;
      over = true;
      input.off('data', typed);
      output.off('resize', resized);
      options.signal.removeEventListener('abort', told);
      if (input.isTTY === true) input.setRawMode?.(false);
      input.pause();
      if (!json) output.write(RESTORE);
      socket.terminate();
      resolve({ reason, status });
    }

    function draw(text: string): void {
      if (pager === undefined) output.write(text);
      else held += text;
    }

    function resized(): void {
      pager?.redraw();
      const { columns, rows } = output;
      if (!readOnly && columns !== undefined && rows !== undefined) send({ type: 'resize', columns, rows });
    }

    function showScrollback(): void {
      options.scrollback().then(
        (text) => {
          if (!over) pager = openPager(text.split('\n'), output);
        },
        () => output.write('\u0007'),
      );
    }

    function typed(bytes: Buffer): void {
      if (pager !== undefined) {
        if (!pager.key(bytes)) return;
        pager = undefined;
        output.write(held);
        held = '';
        return;
      }
      for (const action of readKeys(bytes)) {
        if (action.type === 'detach') return finish('detached; the agent keeps running', 0);
        if (action.type === 'scrollback') showScrollback();
        else if (!readOnly) send({ type: 'input', data: action.data.toString('utf8') });
      }
    }

    const told = (): void => finish('ended by a signal', 1);

    function take(message: AttachServerMessage): void {
      if (json) output.write(`${JSON.stringify(message)}\n`);
      switch (message.type) {
        case 'screen':
          if (!json) draw(`${CLEAR}${message.data}`);
          send({ type: 'ack', sequence: message.sequence });
          return;
        case 'data':
          if (!json) draw(message.data);
          send({ type: 'ack', sequence: message.sequence });
          return;
        case 'title':
          if (!json) draw(`\u001b]0;${message.title.replace(/[\u0000-\u001f]/g, '')}\u0007`);
          return;
        case 'exit':
          return finish(
            `Claude Code has ended (${message.code === null ? 'by a signal' : `code ${message.code}`})`,
            0,
          );
        case 'error':
          return finish(`${message.message} (${message.code})`, 1);
        default:
      }
    }

    socket.on('open', () => {
      if (input.isTTY === true) input.setRawMode?.(true);
      input.on('data', typed);
      input.resume();
      output.on('resize', resized);
      resized();
    });
    socket.on('message', (data) => {
      const message = AttachServerMessage.safeParse(JSON.parse(String(data)));
      if (message.success && !over) take(message.data);
    });
    socket.on('unexpected-response', (_, response) =>
      finish(`the daemon refused the connection (${response.statusCode})`, 1),
    );
    socket.on('error', (error) => finish(`no connection to the daemon: ${error.message}`, 1));
    socket.on('close', () => finish('the connection to the daemon is lost; the agent keeps running', 1));
    options.signal.addEventListener('abort', told, { once: true });
  });
}
