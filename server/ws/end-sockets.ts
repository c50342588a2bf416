import type { FastifyRequest } from 'fastify';
import type { WebSocket, WebSocketServer } from 'ws';

/** "Going away": the daemon stops. */
const CLOSE_GOING_AWAY = 1001;
/** "Internal error": what we have logged. */
const CLOSE_INTERNAL = 1011;
/** A client on this machine answers within milliseconds; one that is suspended never does. */
const GOODBYE_WITHIN_MS = 1_000;
/** What `ws` and the network say of a client: frames that are none, messages too large, a connection that was reset. */
const OF_THE_CLIENT = /^(?:WS_ERR_|E[A-Z]+$)/;

/**
 * Ends a connection that failed. Only what is our own fault is an error of the daemon. What is the client's is told to
 * it by `ws`, which closes in good order: to cut the connection here would take the code away that says why.
 */
export function endFailedSocket(
  error: Error & { readonly code?: unknown },
  socket: WebSocket,
  request: FastifyRequest,
): void {
  const ours = typeof error.code !== 'string' || !OF_THE_CLIENT.test(error.code);
  request.log[ours ? 'error' : 'info'](
    {
      error: { message: error.message, stack: ours ? error.stack : undefined },
      url: request.routeOptions.url,
    },
    'a WebSocket failed',
  );
  if (ours) socket.close(CLOSE_INTERNAL);
}

/** Takes no more clients and says goodbye to those that are there. One that does not answer is not waited for. */
export async function closeSockets(server: WebSocketServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of server.clients) socket.close(CLOSE_GOING_AWAY, 'the daemon stops');
  const impatient = setTimeout(() => {
    for (const socket of server.clients) socket.terminate();
  }, GOODBYE_WITHIN_MS);
  await closed;
  clearTimeout(impatient);
}
