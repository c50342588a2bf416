import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { MissionError } from '../../services/errors/mission-error.ts';

/** How a browser, which cannot set headers on a WebSocket, carries the token. */
const TOKEN_PROTOCOL = 'token.';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Compares in constant time, also when the lengths differ. */
function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Connections over the unix socket, whose file's mode is the authentication. Known by the server that accepted them and
 * by nothing of their own: a TCP connection that was reset has no remote address either.
 */
export type LocalConnections = WeakSet<Socket>;

export function bearerToken(request: FastifyRequest): string | undefined {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() === 'bearer' && token !== undefined) return token;
  return (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith(TOKEN_PROTOCOL))
    ?.slice(TOKEN_PROTOCOL.length);
}

/** Names by which this machine may be addressed: others mean that a web page's name was bound to this address. */
function allowedHosts(port: number): ReadonlySet<string> {
  return new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]);
}

function refuse(message: string, remedy: string): MissionError {
  return new MissionError('not_authorised', message, { remedy });
}

/**
 * What every request must pass before anything looks at it. Over TCP: an allowed Host (DNS rebinding) and, when a
 * browser names one, an allowed Origin (cross-site requests and WebSockets). Over the unix socket: no browser at all.
 * @throws MissionError `not_authorised`
 */
export function checkSource(request: FastifyRequest, port: () => number, local: LocalConnections): void {
  const { origin, host } = request.headers;
  if (local.has(request.socket)) {
    if (origin !== undefined) throw refuse('The unix socket is not for browsers.', 'Use the TCP address.');
    return;
  }
  const hosts = allowedHosts(port());
  if (host === undefined || !hosts.has(host)) {
    throw refuse(
      `The Host header ${JSON.stringify(host ?? '')} is not this daemon's.`,
      `Use http://127.0.0.1:${port()}.`,
    );
  }
  if (origin !== undefined && ![...hosts].some((allowed) => origin === `http://${allowed}`)) {
    throw refuse(
      `Pages of ${JSON.stringify(origin)} may not use this daemon.`,
      `Open http://127.0.0.1:${port()} instead.`,
    );
  }
}

/** @throws MissionError `not_authorised` when neither the socket nor the token is the owner's */
export function checkOwner(request: FastifyRequest, token: string, local: LocalConnections): void {
  if (local.has(request.socket)) return;
  const given = bearerToken(request);
  if (given === undefined || !sameSecret(given, token)) {
    throw refuse(
      given === undefined ? 'The request carries no token.' : 'The token is wrong.',
      'Send `Authorization: Bearer <token>` with the token of daemon.json in the home of missiond.',
    );
  }
}
