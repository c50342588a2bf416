import type { WebSocket } from 'ws';

/** A terminal at full speed is acknowledged some hundred times a second, and a person types ten. */
const MESSAGES_A_SECOND = 2_000;
/** So many at once are a paste, or what came while the daemon was busy. */
const MOST_AT_ONCE = 10_000;
/** "Policy violation": it says more than anybody means. */
const CLOSE_TOO_MANY = 1008;
/** A client that does not answer this long is gone, or stopped: it is given up, and may connect again. */
const PING_EVERY_MS = 60_000;

/** Ends a WebSocket that floods, and one that has died without a word. */
export function limitSocket(socket: WebSocket, now: () => number): void {
  let allowance = MOST_AT_ONCE;
  let last = now();
  socket.on('message', () => {
    const at = now();
    allowance = Math.min(MOST_AT_ONCE, allowance + ((at - last) / 1_000) * MESSAGES_A_SECOND) - 1;
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
  }, PING_EVERY_MS).unref();
  socket.on('pong', () => {
    answered = true;
  });
  socket.once('close', () => clearInterval(timer));
}
