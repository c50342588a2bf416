import type http from 'node:http';

/** Each bridge, viewer, page and waiting hook holds one; thousands are a program that runs away. */
const MOST_CONNECTIONS = 2_000;
/** Whoever has connected says within this what it wants; a client on this machine needs milliseconds. */
export const HEADERS_WITHIN_MS = 15_000;
/** A connection that is kept for the next request. */
const KEEP_ALIVE_MS = 30_000;
/** As many as browsers and Claude Code send, several times over. */
const MOST_HEADERS = 100;

/** Bounds what callers hold open. The size of headers is bounded by Node (16 KB). */
export function limitConnections(server: http.Server): void {
  server.maxConnections = MOST_CONNECTIONS;
  server.headersTimeout = HEADERS_WITHIN_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxHeadersCount = MOST_HEADERS;
  // A PermissionRequest waits for a person as long as it takes.
  server.requestTimeout = 0;
}
