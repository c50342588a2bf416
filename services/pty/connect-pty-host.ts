import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { Epoch } from '../../db/ids.ts';
import { MissionError } from '../errors/mission-error.ts';
import { ScreenReading } from '../terminal/reading.ts';
import { type ConnectOptions, openHostSocket } from './open-host-socket.ts';
import {
  HelloMessage,
  HostMessage,
  type HostRequest,
  PTY_HOST_PROTOCOL,
  PtyExitMessage,
  PtyInfoMessage,
  SpawnResultMessage,
} from './protocol.ts';
import type { AttachHandlers, PtyHost, PtyHostEvent } from './pty-host.ts';

/** A host that does not say goodbye is left without it. */
const CLOSE_AT_MOST_MS = 1_000;

// A request without its id, method by method.
type WithoutId<T> = T extends HostRequest ? Omit<T, 'id'> : never;

/** What cannot be understood is left alone: a host of another version may say more than this daemon knows. */
function readMessage(data: string): HostMessage | null {
  try {
    return HostMessage.safeParse(JSON.parse(data)).data ?? null;
  } catch {
    return null;
  }
}

function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => {
    const late = setTimeout(() => socket.terminate(), CLOSE_AT_MOST_MS);
    socket.once('close', () => {
      clearTimeout(late);
      resolve();
    });
    socket.close();
  });
}

/**
 * Connects to the pty host of a home, and starts one when none answers and a command is given. Whether to connect again
 * after `disconnected` is the caller's decision. `signal` gives up the wait, not the connection.
 * @throws MissionError `pty_host_unreachable`, `config_invalid` when the home's path is too long, `cancelled`
 */
export async function connectPtyHost(options: ConnectOptions): Promise<PtyHost> {
  const socket = await openHostSocket(options);
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const listeners = new Set<(event: PtyHostEvent) => void>();
  const attachments = new Map<number, AttachHandlers>();
  let nextId = 1;
  let closed: string | null = null;

  function gone(): MissionError {
    return new MissionError(
      'pty_host_unreachable',
      `The connection to the pty host is lost (${closed ?? 'closed'}).`,
      { remedy: 'Agents keep running in the host; connect again.' },
    );
  }

  function publish(event: PtyHostEvent): void {
    for (const listener of [...listeners]) listener(event);
  }

  function request(body: WithoutId<HostRequest>, id = nextId++): Promise<unknown> {
    if (closed !== null) return Promise.reject(gone());
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ ...body, id }));
    });
  }

  async function ask<T>(schema: z.ZodType<T>, body: WithoutId<HostRequest>): Promise<T> {
    return schema.parse(await request(body));
  }

  function take(message: HostMessage): void {
    switch (message.type) {
      case 'answer':
        waiting.get(message.id)?.resolve(message.value);
        waiting.delete(message.id);
        return;
      case 'refusal':
        waiting.get(message.id)?.reject(new MissionError(message.code, message.message));
        waiting.delete(message.id);
        return;
      case 'reading':
      case 'exit':
        publish(message);
        return;
      case 'snapshot':
        attachments.get(message.attachment)?.snapshot(message.snapshot);
        return;
      case 'output':
        attachments.get(message.attachment)?.output({ sequence: message.sequence, data: message.data });
        return;
      case 'resized':
        attachments.get(message.attachment)?.resized({ columns: message.columns, rows: message.rows });
        return;
      case 'viewerExit':
        attachments.get(message.attachment)?.exited(message.exit);
        return;
    }
  }

  socket.on('message', (data) => {
    const message = readMessage(String(data));
    if (message !== null) take(message);
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', (code) => {
    const wanted = closed !== null;
    closed ??= `code ${code}`;
    for (const { reject } of waiting.values()) reject(gone());
    waiting.clear();
    if (!wanted) publish({ type: 'disconnected', reason: closed });
  });

  const hello = await ask(HelloMessage, { method: 'hello', pid: process.pid });
  if (hello.protocol !== PTY_HOST_PROTOCOL) {
    closed = 'another protocol';
    socket.close();
    throw new MissionError(
      'pty_host_unreachable',
      `The pty host speaks protocol ${hello.protocol}, this daemon ${PTY_HOST_PROTOCOL}.`,
      { remedy: `Stop the agents with the version that started them, or end process ${hello.pid}.` },
    );
  }

  const done = z.unknown();
  return {
    spawn: (spec) =>
      ask(SpawnResultMessage, {
        method: 'spawn',
        spec: { ...spec, args: [...spec.args], env: { ...spec.env } },
      }),
    list: () => ask(z.array(PtyInfoMessage), { method: 'list' }),
    write: async (epoch, data) => void (await ask(done, { method: 'write', epoch, data })),
    resize: async (epoch, columns, rows) =>
      void (await ask(done, { method: 'resize', epoch, columns, rows })),
    signal: async (epoch, signal) => void (await ask(done, { method: 'signal', epoch, signal })),
    terminate: (epoch, graceMs) => ask(PtyExitMessage, { method: 'terminate', epoch, graceMs }),
    read: (epoch) => ask(ScreenReading, { method: 'read', epoch }),
    text: (epoch, lines) => ask(z.string(), { method: 'text', epoch, lines }),
    async attach(epoch: Epoch, handlers, fromSequence) {
      const attachment = nextId++;
      attachments.set(attachment, handlers);
      try {
        await request({ method: 'attach', epoch, fromSequence }, attachment);
      } catch (error) {
        attachments.delete(attachment);
        throw error;
      }
      return {
        // Lost together with the connection, and then without meaning.
        acknowledge: (sequence) =>
          void request({ method: 'acknowledge', attachment, sequence }).catch(() => {}),
        detach() {
          attachments.delete(attachment);
          void request({ method: 'detach', attachment }).catch(() => {});
        },
      };
    },
    forget: async (epoch) => void (await ask(done, { method: 'forget', epoch })),
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    disconnect() {
      closed ??= 'closed by the daemon';
      return closeSocket(socket);
    },
    async shutdown(graceMs) {
      await request({ method: 'shutdown', graceMs });
      closed ??= 'the pty host was ended';
      await closeSocket(socket);
    },
  };
}
