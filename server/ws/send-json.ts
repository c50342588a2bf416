import type { WebSocket } from 'ws';

/** A client that does not read this much away is too slow for live news; it may connect again and ask `since`. */
const MOST_BUFFERED_BYTES = 8 * 1024 * 1024;
/** "Try again later": the client fell behind. */
const CLOSE_TOO_SLOW = 1013;

/** Sends one message, unless the client has gone; drops a client that has fallen too far behind. */
export function sendText(socket: WebSocket, text: string): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > MOST_BUFFERED_BYTES) {
    socket.close(CLOSE_TOO_SLOW, 'too slow');
    return;
  }
  socket.send(text);
}

export function sendJson(socket: WebSocket, message: unknown): void {
  sendText(socket, JSON.stringify(message));
}
