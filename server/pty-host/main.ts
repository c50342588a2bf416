import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { WebSocketServer } from 'ws';
import { MOST_MESSAGE_BYTES } from '../../services/pty/protocol.ts';
import type { PtyHostEvent } from '../../services/pty/pty-host.ts';
import { createTerminalStore } from '../../services/pty/terminal-store.ts';
import { serveClient } from './serve-client.ts';

/** A host that holds nothing and serves nobody for so long has been left behind. */
const LONELY_MS = 60_000;
/** How long a terminal may take to end when the host itself is told to end. */
const SHUTDOWN_GRACE_MS = 3_000;

const { values } = parseArgs({ options: { home: { type: 'string' } } });
const home = values.home;
if (home === undefined) {
  process.stderr.write('Usage: pty-host --home DIR\n');
  process.exit(2);
}
const socketFile = path.join(home, 'pty-host.sock');
mkdirSync(path.join(home, 'logs'), { recursive: true, mode: 0o700 });
const logger = pino(
  { name: 'pty-host' },
  pino.destination({ dest: path.join(home, 'logs', 'pty-host.log'), mode: 0o600, sync: true }),
);

const clients = new Set<{
  readonly send: (event: Exclude<PtyHostEvent, { type: 'disconnected' }>) => void;
}>();
const store = createTerminalStore((event) => {
  if (event.type === 'disconnected') return;
  for (const client of clients) client.send(event);
});

const server = http.createServer((_, response) => response.writeHead(426).end());
const sockets = new WebSocketServer({ server, maxPayload: MOST_MESSAGE_BYTES, perMessageDeflate: false });
let lonely: NodeJS.Timeout | undefined;
let ending: Promise<void> | undefined;

function end(): void {
  clearTimeout(lonely);
  rmSync(socketFile, { force: true });
  logger.info('the pty host ends');
  process.exit(0);
}

function shutdown(graceMs: number): Promise<void> {
  ending ??= store.shutdown(graceMs);
  // The answer leaves first.
  void ending.finally(() => setTimeout(end, 50));
  return ending;
}

function watchLoneliness(): void {
  clearTimeout(lonely);
  if (clients.size > 0 || store.living() > 0) return;
  lonely = setTimeout(() => {
    if (clients.size === 0 && store.living() === 0) end();
  }, LONELY_MS);
}

sockets.on('connection', (socket) => {
  const client = serveClient(socket, store, shutdown);
  clients.add(client);
  clearTimeout(lonely);
  socket.on('close', () => {
    clients.delete(client);
    watchLoneliness();
  });
});
sockets.on('error', (error) => logger.error({ error }, 'socket server'));

/** True when another host answers on the socket: then this one is not needed. */
function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(socketFile);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

function listen(): void {
  server.once('error', async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') {
      logger.fatal({ error }, 'the socket cannot be opened');
      process.exit(1);
    }
    if (await answers()) process.exit(0);
    // Left behind by a host that was killed.
    rmSync(socketFile, { force: true });
    listen();
  });
  server.listen(socketFile, () => {
    chmodSync(socketFile, 0o600);
    logger.info({ pid: process.pid }, 'the pty host listens');
    watchLoneliness();
  });
}

// Agents outlive whoever started them: Ctrl+C and a closed terminal are not for this process.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => void shutdown(SHUTDOWN_GRACE_MS));
process.on('uncaughtException', (error) =>
  logger.error({ error: { message: error.message, stack: error.stack } }, 'uncaught'),
);
process.on('unhandledRejection', (error) => logger.error({ error: String(error) }, 'unhandled'));
process.umask(0o077);
listen();
