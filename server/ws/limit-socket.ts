import type { WebSocket } from 'ws';
import type { Limits } from '../http/limits.ts';

/** "Policy violation": it says more than anybody means. */
const CLOSE_TOO_MANY = 1008;

/**
 * Ends a WebSocket that floods, and one that has died without a word.
 * @returns to be called for each message that the client is going to answer: at full speed a terminal comes in more
 * pieces than anybody else may send messages, and each is acknowledged
 */
export function limitSocket(socket: WebSocket, limits: Limits, now: () => number): () => void {
  const { messagesASecond, messagesAtOnce, pingEveryMs } = limits;
  let allowance = messagesAtOnce;
  let last = now();
  socket.on('message', () => {
    const at = now();
    allowance = Math.min(messagesAtOnce, allowance + ((at - last) / 1_000) * messagesASecond) - 1;
    last = at;
    if (allowance >= 0) return;
    socket.removeAllListeners('message');
    socket.close(CLOSE_TOO_MANY, 'too many messages');
  });
  let answered = true;
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, pingEveryMs).unref();
  socket.on('pong', () => {
    answered = true;
  });
  socket.once('close', () => clearInterval(timer));
  return () => {
    allowance = Math.min(messagesAtOnce, allowance + 1);
  };
}
