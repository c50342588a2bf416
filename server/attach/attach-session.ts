import { dropNegotiation } from './drop-negotiation.ts';
import { createKeyFilter, type KeyAction } from './key-filter.ts';
import { type AttachTarget, openAttachment } from './open-attachment.ts';
import { createPager } from './pager.ts';
import {
  type AttachIo,
  DEFAULT_MODES,
  ENTER_ALTERNATE,
  LEAVE_ALTERNATE,
  takePersonTerminal,
} from './person-terminal.ts';
import type { AttachServerMessage } from './protocol.ts';
import { createSessionScreen } from './session-screen.ts';

/** Signals that end the attachment. The session does not notice any of them. */
const ENDING_SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;

export type AttachEnd =
  | { readonly type: 'detached' }
  | { readonly type: 'exited'; readonly code: number | null }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'lost'; readonly message: string }
  | { readonly type: 'signalled'; readonly signal: NodeJS.Signals };

/**
 * A person at a session: draws it, forwards the keys, and puts the terminal back as it was, however it ends.
 * @returns why it ended
 */
export async function runAttachSession(target: AttachTarget, io: AttachIo): Promise<AttachEnd> {
  const screen = createSessionScreen();
  const filter = createKeyFilter();
  // While the pager is opened or closed, keys wait: they are for what comes next.
  const view: { showing: 'session' | 'between' | 'past'; early: string } = { showing: 'session', early: '' };
  let first = true;
  let tellEnd: (end: AttachEnd) => void = () => {};
  const end = new Promise<AttachEnd>((resolve) => {
    tellEnd = resolve;
  });
  const connection = openAttachment(target, {
    message: take,
    closed: (message) => tellEnd({ type: 'lost', message }),
  });
  const terminal = takePersonTerminal(io, {
    keys,
    resized,
    ended: () => tellEnd({ type: 'signalled', signal: 'SIGHUP' }),
  });
  let pager = createPager([], terminal.size());
  const signalled = (signal: NodeJS.Signals): void => tellEnd({ type: 'signalled', signal });
  for (const signal of ENDING_SIGNALS) process.on(signal, signalled);

  function sendSize(): void {
    if (!target.readOnly) connection.send({ type: 'resize', ...terminal.size() });
  }

  /** Draws unless the person looks at what was; a chunk counts as taken when the terminal has it. */
  function draw(data: string, sequence: number): void {
    const drawn = (): void => connection.send({ type: 'ack', sequence });
    if (view.showing !== 'session' || data === '') drawn();
    else terminal.write(data, drawn);
  }

  function take(message: AttachServerMessage): void {
    switch (message.type) {
      case 'screen': {
        const data = dropNegotiation(message.data);
        const before = first
          ? ''
          : `${DEFAULT_MODES}${screen.inAlternate() ? LEAVE_ALTERNATE : ''}\x1b[H\x1b[2J`;
        screen.replace({ ...message, data });
        draw(before + data, message.sequence);
        if (first) sendSize();
        first = false;
        return;
      }
      case 'data': {
        const data = dropNegotiation(message.data);
        screen.follow(data);
        draw(data, message.sequence);
        return;
      }
      case 'resized':
        screen.resize(message.columns, message.rows);
        return;
      case 'exit':
        tellEnd({ type: 'exited', code: message.code });
        return;
      case 'error':
        // Before the first screen nothing can follow; after it a single key or size was refused.
        if (first) tellEnd({ type: 'refused', message: message.message });
        else terminal.write('\x07');
        return;
      case 'state':
      case 'confirm':
      case 'title':
        // The session shows them itself.
        return;
    }
  }

  function openPager(): void {
    view.showing = 'between';
    screen.lines((lines) => {
      pager = createPager(lines, terminal.size());
      view.showing = 'past';
      terminal.write(`${DEFAULT_MODES}${screen.inAlternate() ? '' : ENTER_ALTERNATE}${pager.view()}`);
      takeEarlyKeys();
    });
  }

  function closePager(rest: string): void {
    view.showing = 'between';
    view.early = rest;
    screen.redraw((data) => {
      view.showing = 'session';
      terminal.write(`${DEFAULT_MODES}${LEAVE_ALTERNATE}\x1b[H\x1b[2J${data}`);
      takeEarlyKeys();
    });
  }

  function takeEarlyKeys(): void {
    const keysBefore = view.early;
    view.early = '';
    if (keysBefore !== '') keys(keysBefore);
  }

  function act(action: KeyAction): void {
    if (action.type === 'detach') tellEnd({ type: 'detached' });
    else if (action.type === 'scrollback') openPager();
    // Keys that came together with those that opened the pager are for the pager.
    else if (view.showing !== 'session') view.early += action.data;
    else if (!target.readOnly) connection.send({ type: 'input', data: action.data });
  }

  function keys(data: string): void {
    if (view.showing === 'between') view.early += data;
    else if (view.showing === 'session') for (const action of filter(data)) act(action);
    else {
      const rest = pager.keys(data);
      if (rest === null) terminal.write(pager.view());
      else closePager(rest);
    }
  }

  function resized(): void {
    sendSize();
    pager.resize(terminal.size());
    if (view.showing === 'past') terminal.write(pager.view());
  }

  try {
    return await end;
  } finally {
    for (const signal of ENDING_SIGNALS) process.off(signal, signalled);
    terminal.restore(view.showing === 'past' || screen.inAlternate());
    connection.close();
    screen.dispose();
  }
}
