import { WebSocket } from 'ws';
import { refusedUpgrade } from '../refused-upgrade.ts';
import { type AttachClientMessage, AttachServerMessage } from './protocol.ts';

/** The largest terminal with all its scrollback in colour. */
const MOST_MESSAGE_BYTES = 64 * 1024 * 1024;
/** The daemon is on this machine, or at the other end of a tunnel. */
const HANDSHAKE_AT_MOST_MS = 10_000;

export interface AttachTarget {
  readonly slot: string;
  readonly host: string;
  readonly port: number;
  /** Over TLS, as from elsewhere. */
  readonly tls: boolean;
  readonly token: string;
  readonly readOnly: boolean;
}

export interface AttachListener {
  message(message: AttachServerMessage): void;
  /** The connection is over, or never came about; `reason` is a sentence. */
  closed(reason: string): void;
}

export interface AttachConnection {
  send(message: AttachClientMessage): void;
  close(): void;
}

/** `::1` is written in brackets in an address. */
function addressOf({ slot, host, port, tls, readOnly }: AttachTarget): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'wss' : 'ws'}://${name}:${port}/pty/${encodeURIComponent(slot)}${readOnly ? '?readonly=1' : ''}`;
}

function readMessage(data: string): AttachServerMessage | null {
  try {
    return AttachServerMessage.safeParse(JSON.parse(data)).data ?? null;
  } catch {
    return null;
  }
}

/** Opens `ws /pty/<slot>`. What cannot be understood is left alone: a newer daemon may say more. */
export function openAttachment(target: AttachTarget, listener: AttachListener): AttachConnection {
  const socket = new WebSocket(addressOf(target), {
    headers: {
      authorization: `Bearer ${target.token}`,
      // At the other end of a tunnel the daemon goes by its own name, and knows no other.
      ...(target.tls ? {} : { host: `127.0.0.1:${target.port}` }),
    },
    handshakeTimeout: HANDSHAKE_AT_MOST_MS,
    maxPayload: MOST_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  let reason: string | undefined;
  let told = false;
  function tell(): void {
    if (told) return;
    told = true;
    listener.closed(reason ?? 'The daemon has closed the connection.');
  }
  socket.on('message', (data) => {
    const message = readMessage(String(data));
    if (message !== null) listener.message(message);
  });
  socket.on('unexpected-response', (_, response) => {
    void refusedUpgrade(response).then(({ message, remedy }) => {
      reason = [message, remedy].filter((part) => part !== undefined).join(' ');
      socket.terminate();
      tell();
    });
  });
  socket.on('error', (error) => {
    reason ??= `${target.host}:${target.port} does not answer (${error.message}).`;
  });
  socket.on('close', (_, words) => {
    if (words.length > 0) reason ??= String(words);
    tell();
  });
  return {
    send(message) {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
    },
    close: () => socket.close(),
  };
}
