/** What callers may hold open and send. Milliseconds. */
export interface Limits {
  /** Each bridge, viewer, page and waiting hook holds one; thousands are a program that runs away. */
  readonly connections: number;
  /** Requests that wait and WebSockets of one token, or of the owner: nobody takes every connection for themselves. */
  readonly ofOneCaller: number;
  /** As many as browsers and Claude Code send, several times over. */
  readonly headers: number;
  /** Whoever has connected says within this what it wants; a client on this machine needs milliseconds. */
  readonly headersWithinMs: number;
  /** The whole request, not the wait for its answer: a PermissionRequest waits for a person as long as it takes. */
  readonly requestWithinMs: number;
  /** A connection that is kept for the next request. */
  readonly keepAliveMs: number;
  /** A reply of which nothing was read for so long has no reader. */
  readonly unreadMs: number;
  /** Beside what answers us. A person types ten, and an agent a hundred. */
  readonly messagesASecond: number;
  /** So many at once are a paste, or what came while the daemon was busy. */
  readonly messagesAtOnce: number;
  /** A WebSocket that has not answered the last ping by the next one is gone, or stopped; it may connect again. */
  readonly pingEveryMs: number;
  /** Each MCP session holds every tool with its schema: some 100 KB. */
  readonly mcpSessions: number;
  readonly mcpSessionsOfOne: number;
  /** An MCP client that neither says nor waits for anything for so long has gone without saying goodbye. */
  readonly mcpIdleMs: number;
}

export const LIMITS: Limits = {
  connections: 2_000,
  ofOneCaller: 1_000,
  headers: 100,
  headersWithinMs: 15_000,
  requestWithinMs: 120_000,
  keepAliveMs: 30_000,
  unreadMs: 60_000,
  messagesASecond: 2_000,
  messagesAtOnce: 10_000,
  pingEveryMs: 60_000,
  mcpSessions: 200,
  mcpSessionsOfOne: 100,
  mcpIdleMs: 60 * 60_000,
};
