import { chmodSync, rmSync } from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import type { FastifyInstance } from 'fastify';
import { MissionError } from '../../services/errors/mission-error.ts';
import { hasCode } from '../../services/errors/system-error.ts';
import type { LocalConnections } from './guard.ts';
import { limitConnections } from './limits.ts';

const LOOPBACK = '127.0.0.1';

export interface Listening {
  readonly port: number;
  /** Those of the former ports that are served as well. */
  readonly formerPorts: readonly number[];
  close(): Promise<void>;
}

interface Door {
  readonly server: http.Server;
  close(): Promise<void>;
}

/** A further door of the application, beside the one of its own server. */
async function openDoor(
  app: FastifyInstance,
  where: net.ListenOptions,
  onConnection: (socket: net.Socket) => void = () => {},
): Promise<Door> {
  const server = http.createServer((request, response) => app.routing(request, response));
  const sockets = new Set<net.Socket>();
  let closing = false;
  server.on('connection', (socket) => {
    // One that was accepted while the door closes would hold it open for ever.
    if (closing) return void socket.destroy();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  limitConnections(server);
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

async function openSocketDoor(app: FastifyInstance, file: string, local: LocalConnections): Promise<Door> {
  try {
    rmSync(file, { force: true });
    const door = await openDoor(app, { path: file }, (socket) => local.add(socket));
    chmodSync(file, 0o600);
    return door;
  } catch (cause) {
    throw new MissionError(
      'config_invalid',
      `The socket ${file} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        remedy:
          'Take away what stands in its place; when the path is too long for a socket, choose a shorter MISSIOND_HOME.',
        cause,
      },
    );
  }
}

async function openMainDoor(app: FastifyInstance, port: number): Promise<void> {
  try {
    await app.listen({ host: LOOPBACK, port });
  } catch (cause) {
    if (!hasCode(cause, 'EADDRINUSE')) throw cause;
    throw new MissionError('port_taken', `Port ${port} on ${LOOPBACK} is used by another program.`, {
      remedy: `Stop that program (\`ss -ltnp 'sport = :${port}'\` names it), or set MISSION_WS_PORT to another port, or to 0 for any.`,
      cause,
    });
  }
}

/** Those of the wanted ports that nobody else has taken meanwhile. */
async function openFormerDoors(
  app: FastifyInstance,
  ports: readonly number[],
): Promise<ReadonlyMap<number, Door>> {
  const doors = new Map<number, Door>();
  for (const port of ports) {
    const door = await openDoor(app, { host: LOOPBACK, port }).catch(() => null);
    if (door !== null) doors.set(port, door);
  }
  return doors;
}

export interface Doors {
  /** 0 takes any free one. */
  readonly port: number;
  /** Where sessions that outlived earlier daemons still look for one. */
  readonly formerPorts: readonly number[];
  readonly socketFile: string;
  /** Told of every connection over the unix socket. */
  readonly local: LocalConnections;
}

/**
 * Opens the doors: loopback only, and a unix socket that only its owner can open. All of them, or none; but a former
 * port that another program has by now is left to it.
 * @throws MissionError `port_taken`, and `config_invalid` when the socket cannot be opened
 */
export async function listen(
  app: FastifyInstance,
  { port, formerPorts, socketFile, local }: Doors,
): Promise<Listening> {
  await openMainDoor(app, port);
  const address = app.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  let socketDoor: Door;
  try {
    socketDoor = await openSocketDoor(app, socketFile, local);
  } catch (error) {
    await app.close();
    throw error;
  }
  const former = await openFormerDoors(
    app,
    formerPorts.filter((one) => one !== bound),
  );
  return {
    port: bound,
    formerPorts: [...former.keys()],
    async close() {
      // Says goodbye to the WebSockets of all doors, before what is left is cut.
      await app.close();
      await Promise.all([socketDoor, ...former.values()].map((door) => door.close()));
      rmSync(socketFile, { force: true });
    },
  };
}
