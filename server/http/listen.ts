import { chmodSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import type { FastifyInstance } from 'fastify';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { LocalConnections } from './guard.ts';

const LOOPBACK = '127.0.0.1';

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** True when somebody answers on a unix socket. */
export function socketAnswers(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(file);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

async function listenOnSocket(
  app: FastifyInstance,
  file: string,
  local: LocalConnections,
): Promise<http.Server> {
  const server = http.createServer((request, response) => app.routing(request, response));
  server.on('connection', (socket) => local.add(socket));
  server.requestTimeout = 0;
  // WebSockets arrive here too; the application's own server has their handler.
  server.on('upgrade', (request, socket, head) => app.server.emit('upgrade', request, socket, head));
  rmSync(file, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(file, resolve);
  });
  chmodSync(file, 0o600);
  return server;
}

/**
 * Opens the doors: loopback only, and a unix socket that only its owner can open.
 * @param options.port 0 takes any free one
 * @param options.local is told of every connection over the unix socket
 * @throws MissionError `port_taken`
 */
export async function listen(
  app: FastifyInstance,
  options: { readonly port: number; readonly socketFile: string; readonly local: LocalConnections },
): Promise<Listening> {
  try {
    await app.listen({ host: LOOPBACK, port: options.port });
  } catch (cause) {
    if (codeOf(cause) !== 'EADDRINUSE') throw cause;
    throw new MissionError('port_taken', `Port ${options.port} on ${LOOPBACK} is used by another program.`, {
      remedy: `Stop that program (\`ss -ltnp 'sport = :${options.port}'\` names it), or set MISSION_WS_PORT to another port, or to 0 for any.`,
      cause,
    });
  }
  const local = await listenOnSocket(app, options.socketFile, options.local);
  const address = app.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    async close() {
      const closed = new Promise<void>((resolve) => local.close(() => resolve()));
      local.closeAllConnections();
      // Ends the WebSockets of both servers; the unix socket's own server waits for its share of them.
      await app.close();
      await closed;
      rmSync(options.socketFile, { force: true });
    },
  };
}
