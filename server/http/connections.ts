import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Limits } from './limits.ts';
import type { Tls } from './outside-door.ts';

/** Beyond the limit so many more are told that there are too many; what comes then is not even accepted. */
const TOLD_OF_IT = 100;
/** How often Node looks for late requests, as a part of the shortest time that one may take. */
const LOOKS = 4;

export interface Connections {
  /** A server of ours that is not bound yet. */
  createServer(handler: http.RequestListener, tls?: Tls): http.Server;
  /** True of a connection beyond the limit. */
  isBeyond(socket: Socket): boolean;
}

/** Ends connections that wait for nothing, and those whose reply nobody reads. */
function endUnread(server: http.Server, unreadMs: number): void {
  const answering = new WeakMap<Socket, number>();
  const count = (socket: Socket, more: number) => answering.set(socket, (answering.get(socket) ?? 0) + more);
  server.on('request', ({ socket }, reply) => {
    count(socket, 1);
    reply.once('close', () => count(socket, -1));
  });
  // Node says it of a connection on which nothing has moved, in either direction.
  server.timeout = unreadMs;
  server.on('timeout', (socket: Socket) => {
    const waits = (answering.get(socket) ?? 0) > 0;
    if (!waits || socket.writableLength > 0) socket.destroy();
  });
}

/** Bounds what callers hold open, at each server by itself. The size of headers is bounded by Node (16 KB). */
export function createConnections(limits: Limits): Connections {
  const beyond = new WeakSet<Socket>();
  return {
    createServer(handler, tls) {
      const connectionsCheckingInterval = Math.ceil(limits.headersWithinMs / LOOKS);
      const server: http.Server =
        tls === undefined
          ? http.createServer({ connectionsCheckingInterval }, handler)
          : https.createServer(
              { ...tls, handshakeTimeout: limits.headersWithinMs, connectionsCheckingInterval },
              handler,
            );
      // Nobody hears anything before the handshake is done, not even why.
      server.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
      server.maxConnections = limits.connections + TOLD_OF_IT;
      server.headersTimeout = limits.headersWithinMs;
      server.requestTimeout = limits.requestWithinMs;
      server.keepAliveTimeout = limits.keepAliveMs;
      server.maxHeadersCount = limits.headers;
      let open = 0;
      server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
        open += 1;
        if (open > limits.connections) beyond.add(socket);
        socket.once('close', () => {
          open -= 1;
        });
      });
      endUnread(server, limits.unreadMs);
      return server;
    },
    isBeyond: (socket) => beyond.has(socket),
  };
}

/**
 * Sends away whoever comes when too many are connected already.
 * @throws MissionError `crowded`
 */
export function checkNumber(request: FastifyRequest, reply: FastifyReply, connections: Connections): void {
  if (!connections.isBeyond(request.raw.socket)) return;
  void reply.header('connection', 'close');
  throw new MissionError('crowded', 'Too many connections are open.', {
    remedy: 'Close what is not needed, or ask again later.',
  });
}
