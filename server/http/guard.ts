import { isIP, type Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Access, Caller } from '../auth/caller.ts';
import { reaches } from '../auth/caller.ts';

/** How a browser, which cannot set headers on a WebSocket, carries the token. */
const TOKEN_PROTOCOL = 'token.';

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

/**
 * Names by which this machine may be addressed: others mean that a web page's name was bound to this address. The port
 * proves nothing, and behind a tunnel it is another one.
 */
const OUR_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;
/** A name or an address, in brackets where it has colons, and perhaps a port. */
const HOST = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i;
/** How an address of IPv4 looks where both are listened to. */
const MAPPED = /^::ffff:(?=\d+\.)/i;

/** Who may ask, and by which name. */
export interface Sources {
  /** The port on loopback, once it is bound. */
  readonly port: () => number;
  readonly local: LocalConnections;
  /** `listen` of slots.yaml. */
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
}

/** What browsers say of a request that comes from the page itself, or from nobody's page (an address that was typed). */
const OUR_SITES: readonly string[] = ['same-origin', 'none'];

/**
 * True of a name of ours. The very address to which the caller has connected is one: a page's name that was bound to it
 * is written in letters.
 */
function isOurHost(host: string, { socket }: FastifyRequest, { hosts }: Sources): boolean {
  if (OUR_HOST.test(host)) return true;
  const [, six, other] = HOST.exec(host) ?? [];
  const name = (six ?? other ?? '').toLowerCase();
  if (hosts.some((one) => one.toLowerCase() === name)) return true;
  return isIP(name) !== 0 && name === socket.localAddress?.replace(MAPPED, '').toLowerCase();
}

/** True for somebody who follows a link to the page: nothing is done by it, and the other page reads nothing. */
function isVisit({ method, headers, routeOptions }: FastifyRequest): boolean {
  return method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && routeOptions.url === '/';
}

function refuse(message: string, remedy: string): MissionError {
  return new MissionError('not_authorised', message, { remedy });
}

/**
 * What every request must pass before anything looks at it. Over TCP: an allowed Host (DNS rebinding) and, when a
 * browser names one, an allowed Origin (cross-site requests and WebSockets). Over the unix socket: no browser at all.
 * @throws MissionError `not_authorised`
 */
export function checkSource(request: FastifyRequest, sources: Sources): void {
  const { origin, host } = request.headers;
  const { port, local, origins } = sources;
  if (local.has(request.socket)) {
    if (origin !== undefined) throw refuse('The unix socket is not for browsers.', 'Use the TCP address.');
    return;
  }
  if (host === undefined || !isOurHost(host, request, sources)) {
    throw refuse(
      `The Host header ${JSON.stringify(host ?? '')} is not this daemon's.`,
      `Use http://127.0.0.1:${port()}, or name the host under listen.hosts in slots.yaml.`,
    );
  }
  if (origin !== undefined && origins.includes(origin)) return;
  // A page of ours has the address that it asks; any other, of another port of this machine too, is somebody else's.
  if (origin !== undefined && origin !== `${request.protocol}://${host}`) {
    throw refuse(
      `Pages of ${JSON.stringify(origin)} may not use this daemon.`,
      `Open http://127.0.0.1:${port()} instead.`,
    );
  }
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && !OUR_SITES.includes(String(site)) && !isVisit(request)) {
    throw refuse(
      'Pages of others may not use this daemon, whatever they leave out.',
      `Open http://127.0.0.1:${port()} instead.`,
    );
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may come in. Where nothing is said, the owner alone. */
    access?: Access;
    /** Agents of slots come in too; what they may do is asked of each call. */
    slots?: boolean;
  }
}

export interface OwnedDoors {
  /** Whose token it is; null when it is nobody's. */
  readonly identify: (token: string) => Caller | null;
  readonly local: LocalConnections;
}

/** @throws MissionError `not_authorised` when neither the socket nor the token is anybody's */
function callerOf(request: FastifyRequest, { identify, local }: OwnedDoors): Caller {
  const token = bearerToken(request);
  // Who shows a token there is whose it is: the agent of a slot at the command line.
  if (token === undefined && local.has(request.socket)) return { role: 'owner' };
  const caller = token === undefined ? null : identify(token);
  if (caller !== null) return caller;
  throw refuse(
    token === undefined ? 'The request carries no token.' : 'The token is wrong.',
    'Send `Authorization: Bearer <token>` with the token of daemon.json in the home of missiond, or one of `missiond token create`.',
  );
}

/**
 * Lets in whom the route is for, and says who it is.
 * @throws MissionError `not_authorised` for nobody's token, `not_permitted` for one that is not for this route
 */
export function admit(request: FastifyRequest, doors: OwnedDoors): Caller {
  const caller = callerOf(request, doors);
  const { access = 'owner', slots = false } = request.routeOptions.config;
  if (caller.role === 'slot' ? slots : reaches(caller, access)) return caller;
  throw new MissionError('not_permitted', `The token of a ${caller.role} does not open this.`, {
    remedy: `It needs that of ${access === 'owner' ? 'the owner (daemon.json)' : `a ${access}`}.`,
  });
}
