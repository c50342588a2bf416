import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Mission } from '../../actors/mission/api.ts';
import { createMcpServer } from './session.ts';

/** A client that neither says nor waits for anything for so long has gone without saying goodbye. */
const IDLE_SESSION_MS = 60 * 60_000;
const MOST_BODY_BYTES = 8 * 1024 * 1024;

interface McpSession {
  readonly transport: StreamableHTTPServerTransport;
  readonly close: () => Promise<void>;
  /** Requests that are being answered, and the stream on which the client listens. */
  open: number;
  idle: NodeJS.Timeout;
}

/** `/mcp`, streamable HTTP. Sessions live in memory: after a restart a client is told 404 and begins again. */
export function registerMcp(
  app: FastifyInstance,
  options: { readonly mission: Mission; readonly version: string },
): void {
  const sessions = new Map<string, McpSession>();

  function endLater(id: string): NodeJS.Timeout {
    return setTimeout(() => void end(id), IDLE_SESSION_MS);
  }

  /** A call may wait for a person longer than a silent client is kept. */
  function keepWhile(reply: FastifyReply, id: string, session: McpSession): void {
    clearTimeout(session.idle);
    session.open += 1;
    reply.raw.once('close', () => {
      session.open -= 1;
      if (session.open === 0 && sessions.has(id)) session.idle = endLater(id);
    });
  }

  async function end(id: string): Promise<void> {
    const session = sessions.get(id);
    if (session === undefined) return;
    sessions.delete(id);
    clearTimeout(session.idle);
    await session.close();
  }

  async function begin(): Promise<StreamableHTTPServerTransport> {
    const server = createMcpServer(options);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized(id) {
        sessions.set(id, { transport, close: () => server.close(), open: 0, idle: endLater(id) });
      },
      onsessionclosed: (id) => void end(id),
    });
    await server.connect(transport);
    return transport;
  }

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const header = request.headers['mcp-session-id'];
    const session = typeof header === 'string' ? sessions.get(header) : undefined;
    if (session !== undefined && typeof header === 'string') keepWhile(reply, header, session);
    if (
      session === undefined &&
      !(request.method === 'POST' && header === undefined && isInitializeRequest(request.body))
    ) {
      return reply.status(header === undefined ? 400 : 404).send({
        jsonrpc: '2.0',
        error: { code: -32001, message: 'Session not found. Initialize again.' },
        id: null,
      });
    }
    const transport = session?.transport ?? (await begin());
    reply.hijack();
    await transport.handleRequest(request.raw, reply.raw, request.body);
  }

  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    bodyLimit: MOST_BODY_BYTES,
    schema: { hide: true },
    handler: handle,
  });
  app.addHook('onClose', async () => {
    await Promise.all([...sessions.keys()].map(end));
  });
}
