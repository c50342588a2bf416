import type { WebSocket } from 'ws';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import {
  type HostMessage,
  HostRequest,
  PTY_HOST_PROTOCOL,
  RefusalCode,
} from '../../services/pty/protocol.ts';
import type { PtyAttachment } from '../../services/pty/pty-host.ts';
import type { TerminalStore } from '../../services/pty/terminal-store.ts';

/** A daemon that does not read for so long that this piles up is dropped; it comes back and asks anew. */
const MOST_BUFFERED_BYTES = 64 * 1024 * 1024;

export interface ServedClient {
  send(message: HostMessage): void;
  /** Undefined until it has said. */
  daemonPid(): number | undefined;
}

/** Serves one connected daemon until it goes away. Nothing that it sends can end the host, except `shutdown`. */
export function serveClient(
  socket: WebSocket,
  store: TerminalStore,
  shutdown: (graceMs: number) => Promise<void>,
  /** A daemon has come: what people may have changed in the home is read again. */
  greeted: () => void,
): ServedClient {
  const attachments = new Map<number, PtyAttachment>();
  let daemonPid: number | undefined;

  function send(message: HostMessage): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MOST_BUFFERED_BYTES) {
      socket.terminate();
      return;
    }
    socket.send(JSON.stringify(message));
  }

  async function perform(request: HostRequest): Promise<unknown> {
    switch (request.method) {
      case 'hello':
        daemonPid = request.pid;
        greeted();
        return { protocol: PTY_HOST_PROTOCOL, pid: process.pid };
      case 'spawn':
        return store.spawn(request.spec);
      case 'list':
        return store.list();
      case 'write':
        return await store.write(request.epoch, request.data);
      case 'resize':
        return store.resize(request.epoch, request.columns, request.rows);
      case 'signal':
        return store.signal(request.epoch, request.signal);
      case 'terminate':
        return await store.terminate(request.epoch, request.graceMs);
      case 'read':
        return await store.read(request.epoch);
      case 'text':
        return await store.text(request.epoch, request.lines);
      case 'attach': {
        const attachment = request.id;
        attachments.set(
          attachment,
          store.attach(
            request.epoch,
            {
              snapshot: (snapshot) => send({ type: 'snapshot', attachment, snapshot }),
              output: ({ sequence, data }) => send({ type: 'output', attachment, sequence, data }),
              resized: ({ columns, rows }) => send({ type: 'resized', attachment, columns, rows }),
              exited: (exit) => send({ type: 'viewerExit', attachment, exit }),
            },
            request.fromSequence,
          ),
        );
        return null;
      }
      case 'detach':
        attachments.get(request.attachment)?.detach();
        attachments.delete(request.attachment);
        return null;
      case 'acknowledge':
        attachments.get(request.attachment)?.acknowledge(request.sequence);
        return null;
      case 'forget':
        return store.forget(request.epoch);
      case 'shutdown':
        return await shutdown(request.graceMs);
    }
  }

  function refuse(id: number, error: unknown): void {
    const code = RefusalCode.parse(error instanceof MissionError ? error.code : 'internal');
    send({ type: 'refusal', id, code, message: messageOf(error) });
  }

  socket.on('message', (data) => {
    let json: unknown;
    try {
      json = JSON.parse(String(data));
    } catch {
      return;
    }
    const request = HostRequest.safeParse(json);
    if (!request.success) {
      const id =
        typeof json === 'object' && json !== null && 'id' in json && typeof json.id === 'number'
          ? json.id
          : null;
      if (id !== null) refuse(id, new MissionError('input_invalid', request.error.message));
      return;
    }
    perform(request.data).then(
      (value) => send({ type: 'answer', id: request.data.id, value: value ?? null }),
      (error: unknown) => refuse(request.data.id, error),
    );
  });
  socket.on('close', () => {
    for (const attachment of attachments.values()) attachment.detach();
    attachments.clear();
  });
  // A broken connection closes; there is nobody left to tell.
  socket.on('error', () => socket.terminate());
  return { send, daemonPid: () => daemonPid };
}
