import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { OpenDoors } from '../open-doors.ts';

const Message = z.looseObject({ type: z.string() });
export type Message = z.infer<typeof Message>;

export interface Viewer {
  readonly socket: WebSocket;
  /** Everything that came, in order. */
  readonly messages: readonly Message[];
  /** The first message that fits, also one that came before. Rejects when the connection closes without it. */
  until(fits: (message: Message) => boolean): Promise<Message>;
  /** The code with which the connection was closed. */
  readonly closed: Promise<number>;
  send(message: unknown): void;
}

/** Connects as our page does. Listens from the beginning: a refusal comes with the first bytes. */
export async function openViewer(doors: Pick<OpenDoors, 'port' | 'token'>, address: string): Promise<Viewer> {
  const socket = new WebSocket(`ws://127.0.0.1:${doors.port}${address}`, [
    'missiond',
    `token.${doors.token}`,
  ]);
  const messages: Message[] = [];
  const checks = new Set<() => void>();
  let code: number | undefined;
  const look = (): void => {
    for (const check of [...checks]) check();
  };
  const closed = new Promise<number>((resolve) =>
    socket.once('close', (with_) => {
      code = with_;
      look();
      resolve(with_);
    }),
  );
  socket.on('error', () => {});
  socket.on('message', (data) => {
    messages.push(Message.parse(JSON.parse(String(data))));
    look();
  });
  await once(socket, 'open');
  return {
    socket,
    messages,
    closed,
    send: (message) => socket.send(JSON.stringify(message)),
    until: (fits) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = messages.find(fits);
          if (found === undefined && code === undefined) return;
          checks.delete(check);
          if (found === undefined) reject(new Error(`closed with ${code} before the message came`));
          else resolve(found);
        };
        checks.add(check);
        check();
      }),
  };
}
