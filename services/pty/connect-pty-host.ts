import { spawn } from 'node:child_process';
import path from 'node:path';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { Epoch } from '../../db/ids.ts';
import { MissionError } from '../errors/mission-error.ts';
import { ScreenReading } from '../terminal/reading.ts';
import {
  HelloMessage,
  HostMessage,
  type HostRequest,
  MOST_MESSAGE_BYTES,
  PTY_HOST_PROTOCOL,
  PtyExitMessage,
  PtyInfoMessage,
  SpawnResultMessage,
} from './protocol.ts';
import type { AttachHandlers, PtyHost, PtyHostEvent } from './pty-host.ts';

/** A host needs about 0.2 s to listen; a loaded machine may need much longer. */
const START_AT_MOST_MS = 15_000;
const RETRY_MS = 50;

export interface ConnectOptions {
  readonly home: string;
  /** The command that starts a host, without `--home`; absent: only connect to one that runs. */
  readonly hostCommand?: readonly [string, ...string[]];
  readonly signal?: AbortSignal;
}

// A request without its id, method by method.
type WithoutId<T> = T extends HostRequest ? Omit<T, 'id'> : never;

function open(socketFile: string): Promise<WebSocket | null> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws+unix://${socketFile}:/`, {
      maxPayload: MOST_MESSAGE_BYTES,
      perMessageDeflate: false,
    });
    socket.once('open', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

function startHost([program, ...args]: readonly [string, ...string[]], home: string): void {
  const child = spawn(program, [...args, '--home', home], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      LANG: process.env['LANG'] ?? 'C.UTF-8',
    },
  });
  // It is waited for by its socket; a program that cannot be started shows there too.
  child.once('error', () => {});
  child.unref();
}

async function openOrStart({ home, hostCommand, signal }: ConnectOptions): Promise<WebSocket> {
  const socketFile = path.join(home, 'pty-host.sock');
  const first = await open(socketFile);
  if (first !== null) return first;
  if (hostCommand !== undefined) {
    startHost(hostCommand, home);
    const deadline = Date.now() + START_AT_MOST_MS;
    while (Date.now() < deadline && signal?.aborted !== true) {
      const socket = await open(socketFile);
      if (socket !== null) return socket;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  throw new MissionError('pty_host_unreachable', `No pty host answers on ${socketFile}.`, {
    remedy: `See ${path.join(home, 'logs', 'pty-host.log')}.`,
  });
}

/**
 * Connects to the pty host of a home, and starts one when none answers. Whether to connect again after
 * `disconnected` is the caller's decision.
 * @throws MissionError `pty_host_unreachable`
 */
export async function connectPtyHost(options: ConnectOptions): Promise<PtyHost> {
  const socket = await openOrStart(options);
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const listeners = new Set<(event: PtyHostEvent) => void>();
  const attachments = new Map<number, AttachHandlers>();
  let nextId = 1;
  let closed: string | null = null;

  function gone(): MissionError {
    return new MissionError(
      'pty_host_unreachable',
      `The connection to the pty host is lost (${closed ?? 'closed'}).`,
      {
        remedy: 'The daemon reconnects by itself; agents keep running in the host.',
      },
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
        waiting
          .get(message.id)
          ?.reject(
            new MissionError(
              message.code === 'slot_not_running' ? 'slot_not_running' : 'internal',
              message.message,
            ),
          );
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
    const message = HostMessage.safeParse(JSON.parse(String(data)));
    if (message.success) take(message.data);
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', (code) => {
    const wanted = closed !== null;
    closed ??= `code ${code}`;
    for (const { reject } of waiting.values()) reject(gone());
    waiting.clear();
    if (!wanted) publish({ type: 'disconnected', reason: closed });
  });

  const hello = await ask(HelloMessage, { method: 'hello' });
  if (hello.protocol !== PTY_HOST_PROTOCOL) {
    closed = 'another protocol';
    socket.close();
    throw new MissionError(
      'pty_host_unreachable',
      `The pty host speaks protocol ${hello.protocol}, this daemon ${PTY_HOST_PROTOCOL}.`,
      {
        remedy: `Stop the agents with the version that started them, or end process ${hello.pid}.`,
      },
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
      closed = 'closed by the daemon';
      return new Promise((resolve) => {
        if (socket.readyState === socket.CLOSED) return resolve();
        socket.once('close', () => resolve());
        socket.close();
      });
    },
    shutdown: async (graceMs) => void (await ask(done, { method: 'shutdown', graceMs })),
  };
}
