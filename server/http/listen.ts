import { chmodSync, rmSync } from 'node:fs';
import type http from 'node:http';
import type net from 'node:net';
import type { FastifyInstance } from 'fastify';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { hasCode } from '../../services/errors/system-error.ts';
import type { Connections } from './connections.ts';
import type { LocalConnections } from './guard.ts';

import { LOOPBACK, type OutsideDoor, type Tls } from './outside-door.ts';

export interface Listening {
  readonly port: number;
  /** That of the door for others than this machine. */
  readonly outsidePort: number | undefined;
  /** Those of the former ports that are served as well. */
  readonly formerPorts: readonly number[];
  close(): Promise<void>;
}

/** What is behind every door. */
interface Served {
  readonly app: FastifyInstance;
  readonly connections: Connections;
}

interface Door {
  readonly server: http.Server;
  close(): Promise<void>;
}

/** A further door of the application, beside the one of its own server. */
async function openDoor(
  { app, connections }: Served,
  where: net.ListenOptions,
  {
    onConnection = () => {},
    tls,
  }: { readonly onConnection?: (socket: net.Socket) => void; readonly tls?: Tls | undefined } = {},
): Promise<Door> {
  const server = connections.createServer((request, response) => app.routing(request, response), tls);
  const sockets = new Set<net.Socket>();
  let closing = false;
  server.on('connection', (socket) => {
    // One that was accepted while the door closes would hold it open for ever.
    if (closing) return void socket.destroy();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  // WebSockets arrive here too; the application's own server has their handler.
  server.on('upgrade', (request, socket, head) => app.server.emit('upgrade', request, socket, head));
  server.on('clientError', (error, socket) => app.server.emit('clientError', error, socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, resolve);
  });
  return {
    server,
    close() {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Those that became WebSockets too: the server itself forgets them.
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

async function openSocketDoor(served: Served, file: string, local: LocalConnections): Promise<Door> {
  try {
    rmSync(file, { force: true });
    const door = await openDoor(served, { path: file }, { onConnection: (socket) => local.add(socket) });
    chmodSync(file, 0o600);
    return door;
  } catch (cause) {
    throw new MissionError('config_invalid', `The socket ${file} cannot be opened: ${messageOf(cause)}`, {
      remedy:
        'Take away what stands in its place; when the path is too long for a socket, choose a shorter MISSIOND_HOME.',
      cause,
    });
  }
}

function portTaken(host: string, port: number, cause: unknown): MissionError {
  return new MissionError('port_taken', `Port ${port} on ${host} is used by another program.`, {
    remedy: `Stop that program (\`ss -ltnp 'sport = :${port}'\` names it), or set MISSION_WS_PORT to another port, or to 0 for any.`,
    facts: { port },
    cause,
  });
}

async function openMainDoor(app: FastifyInstance, port: number): Promise<void> {
  try {
    await app.listen({ host: LOOPBACK, port });
  } catch (cause) {
    if (!hasCode(cause, 'EADDRINUSE')) throw cause;
    throw portTaken(LOOPBACK, port, cause);
  }
}

async function openOutsideDoor(served: Served, { host, tls }: OutsideDoor, port: number): Promise<Door> {
  try {
    return await openDoor(served, { host, port }, { tls });
  } catch (cause) {
    if (hasCode(cause, 'EADDRINUSE')) throw portTaken(host, port, cause);
    throw new MissionError('config_invalid', `The daemon cannot listen on ${host}: ${messageOf(cause)}`, {
      remedy:
        'Let listen.host in slots.yaml, or MISSION_HOST, be an address of this machine (0.0.0.0: all of them).',
      cause,
    });
  }
}

/** Those of the wanted ports that nobody else has taken meanwhile. */
async function openFormerDoors(served: Served, ports: readonly number[]): Promise<ReadonlyMap<number, Door>> {
  const doors = new Map<number, Door>();
  for (const port of ports) {
    const door = await openDoor(served, { host: LOOPBACK, port }).catch(() => null);
    if (door !== null) doors.set(port, door);
  }
  return doors;
}

function portOf(server: net.Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface Doors {
  /** On loopback. 0 takes any free one. */
  readonly port: number;
  /** The door for others than this machine, and its port. */
  readonly outside?: (OutsideDoor & { readonly port: number }) | undefined;
  /** Where sessions that outlived earlier daemons still look for one. */
  readonly formerPorts: readonly number[];
  readonly socketFile: string;
  /** Told of every connection over the unix socket. */
  readonly local: LocalConnections;
  /** Those of the application. */
  readonly connections: Connections;
}

/**
 * Opens the doors: loopback, a unix socket that only its owner can open, and one for others where that is wanted. All
 * of them, or none; but a former port that another program has by now is left to it.
 * @throws MissionError `port_taken`, and `config_invalid` when the socket or the address cannot be opened
 */
export async function listen(
  app: FastifyInstance,
  { port, outside, formerPorts, socketFile, local, connections }: Doors,
): Promise<Listening> {
  const served = { app, connections };
  await openMainDoor(app, port);
  const bound = portOf(app.server);
  const opened: Door[] = [];
  async function close(): Promise<void> {
    // Says goodbye to the WebSockets of all doors, before what is left is cut.
    await app.close();
    await Promise.all(opened.map((door) => door.close()));
  }
  let outsidePort: number | undefined;
  try {
    opened.push(await openSocketDoor(served, socketFile, local));
    if (outside !== undefined) {
      const door = await openOutsideDoor(served, outside, outside.port);
      opened.push(door);
      outsidePort = portOf(door.server);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const former = await openFormerDoors(
    served,
    formerPorts.filter((one) => one !== bound),
  );
  opened.push(...former.values());
  return {
    port: bound,
    outsidePort,
    formerPorts: [...former.keys()],
    async close() {
      await close();
      rmSync(socketFile, { force: true });
    },
  };
}
