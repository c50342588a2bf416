import net from 'node:net';
import { connectionTrouble } from './connection-trouble.ts';
import { type Looked, REACHABLE, unreachable } from './way.ts';

/** Opens a TCP connection and closes it at once. */
export function connect(host: string, port: number, signal: AbortSignal): Promise<Looked> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const finish = (looked: Looked): void => {
      signal.removeEventListener('abort', late);
      socket.destroy();
      resolve(looked);
    };
    const late = (): void => finish(unreachable('no answer in time'));
    if (signal.aborted) return late();
    signal.addEventListener('abort', late, { once: true });
    socket.once('connect', () => finish(REACHABLE));
    socket.on('error', (error) => finish(unreachable(connectionTrouble(error))));
  });
}
