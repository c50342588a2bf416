import { chmodSync, rmSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import { takeLock } from '../../services/lock/take-lock.ts';
import { MOST_REQUEST_BYTES } from '../../services/pty/protocol.ts';
import { prepareHostHome, ptyHostLog, ptyHostSocket } from '../../services/pty/start-pty-host.ts';
import { createTerminalStore } from '../../services/pty/terminal-store.ts';
import { facesFile, loadFaces } from '../../services/terminal/faces-file.ts';
import { openCleanLog } from '../clean-log.ts';
import { type ServedClient, serveClient } from './serve-client.ts';

/** A host that holds no living terminal and serves nobody for so long has been left behind. */
const LONELY_MS = 60_000;
/** The answer to `shutdown` leaves before the connection is closed; a client that does not read is not waited for. */
const CLOSE_AT_MOST_MS = 500;

export interface RunningPtyHost {
  readonly logger: Logger;
  /** Ends every terminal, then the host. */
  shutdown(graceMs: number): Promise<void>;
  /** Resolves when the host has ended and given its lock back. */
  readonly ended: Promise<void>;
}

function listen(server: http.Server, socketFile: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The socket is bound within the call; the mask must not stay, since programs in the terminals inherit it.
    const before = process.umask(0o077);
    server.listen(socketFile, () => {
      server.off('error', reject);
      resolve();
    });
    process.umask(before);
  });
}

/**
 * Holds terminals and serves them on `<home>/pty-host.sock` until told to end, or left alone.
 * @returns null when another host serves this home already
 * @throws what `listen` throws when the socket cannot be opened
 */
export async function runPtyHost(home: string): Promise<RunningPtyHost | null> {
  prepareHostHome(home);
  // Two daemons that start together start two hosts; one of them serves.
  const release = takeLock(path.join(home, 'pty-host-lock.db'));
  if (release === null) return null;
  const socketFile = ptyHostSocket(home);
  const logger = openCleanLog({ name: 'pty-host', file: ptyHostLog(home), sync: true });
  const clients = new Set<ServedClient>();
  const store = createTerminalStore(
    (event) => {
      for (const client of clients) client.send(event);
      if (event.type === 'exit') {
        logger.info({ epoch: event.epoch, slotId: event.slotId, exit: event.exit }, 'a program has ended');
        watchLoneliness();
      }
    },
    () => new Set([...clients].flatMap(({ daemonPid }) => daemonPid() ?? [])),
  );
  const server = http.createServer((_, response) => response.writeHead(426).end());
  const sockets = new WebSocketServer({ server, maxPayload: MOST_REQUEST_BYTES, perMessageDeflate: false });
  let lonely: NodeJS.Timeout | undefined;
  let ending: Promise<void> | undefined;
  let tellEnd: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    tellEnd = resolve;
  });

  /** The daemon refuses to start with a file that is wrong; a host that runs already keeps the faces it had. */
  function readFaces(): void {
    try {
      store.setFaces(loadFaces(facesFile(home)));
    } catch (error) {
      logger.error({ error }, 'faces.yaml has an error and is not used');
    }
  }

  /** Gives back socket and lock. The lock keeps the next host from listening before the socket file is gone. */
  async function close(): Promise<void> {
    clearTimeout(lonely);
    rmSync(socketFile, { force: true });
    const closed = new Promise((resolve) => server.close(resolve));
    sockets.close();
    for (const socket of sockets.clients) socket.close(1001, 'the pty host ends');
    const late = setTimeout(() => {
      for (const socket of sockets.clients) socket.terminate();
    }, CLOSE_AT_MOST_MS);
    await closed;
    clearTimeout(late);
    logger.info('the pty host ends');
    release?.();
    tellEnd();
  }

  function shutdown(graceMs: number): Promise<void> {
    ending ??= store.shutdown(graceMs).finally(() => setImmediate(() => void close()));
    return ending;
  }

  function watchLoneliness(): void {
    clearTimeout(lonely);
    if (clients.size > 0 || store.living() > 0) return;
    lonely = setTimeout(() => void shutdown(0), LONELY_MS);
  }

  sockets.on('connection', (socket) => {
    const client = serveClient(socket, store, shutdown, readFaces);
    clients.add(client);
    clearTimeout(lonely);
    socket.on('close', () => {
      clients.delete(client);
      watchLoneliness();
    });
  });

  // Nobody else can be listening, since the lock is ours: the file was left by a host that was killed.
  rmSync(socketFile, { force: true });
  try {
    await listen(server, socketFile);
  } catch (error) {
    logger.fatal({ error }, 'the socket cannot be opened');
    release();
    throw error;
  }
  chmodSync(socketFile, 0o600);
  sockets.on('error', (error) => logger.error({ error }, 'socket server'));
  logger.info({ pid: process.pid }, 'the pty host listens');
  watchLoneliness();
  return { logger, shutdown, ended };
}
