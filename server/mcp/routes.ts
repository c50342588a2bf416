import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Mission } from '../../actors/mission/api.ts';
import type { TaskId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { type Caller, keyOf } from '../auth/caller.ts';
import type { CallerOf } from '../auth/callers.ts';
import type { LiveCallers } from '../auth/live-callers.ts';
import type { Limits } from '../http/limits.ts';
import { secureReply } from '../http/security-headers.ts';
import { ToolProfile } from '../tools/profiles.ts';
import { createMcpServer } from './session.ts';

const Query = z.object({ profile: ToolProfile.default('full') });
const MOST_BODY_BYTES = 8 * 1024 * 1024;

interface McpSession {
  readonly transport: StreamableHTTPServerTransport;
  /** Whose it is: nobody else speaks in it. */
  readonly key: string;
  readonly close: () => Promise<void>;
  /** Requests that are being answered, and the stream on which the client listens. */
  open: number;
  idle: NodeJS.Timeout;
}

/** `/mcp`, streamable HTTP. Sessions live in memory: after a restart a client is told 404 and begins again. */
export function registerMcp(
  app: FastifyInstance,
  {
    callerOf,
    live,
    limits,
    ...options
  }: {
    readonly mission: Mission;
    readonly version: string;
    readonly callerOf: CallerOf;
    readonly live: LiveCallers;
    readonly limits: Limits;
  },
): void {
  const sessions = new Map<string, McpSession>();
  const followed = new Set<TaskId>();

  function endLater(id: string): NodeJS.Timeout {
    return setTimeout(() => void end(id), limits.mcpIdleMs);
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

  /**
   * Ends the session that has rested longest when there are too many.
   * @throws MissionError `too_many` when all of them are at work
   */
  function makeRoom(key: string): void {
    const own = [...sessions].filter(([, session]) => session.key === key);
    const crowded =
      own.length >= limits.mcpSessionsOfOne ? own : sessions.size >= limits.mcpSessions ? [...sessions] : [];
    if (crowded.length === 0) return;
    const resting = crowded.find(([, { open }]) => open === 0);
    if (resting === undefined) {
      throw new MissionError('too_many', `There are ${crowded.length} MCP sessions at work already.`, {
        remedy: 'Close one of them (DELETE /mcp), or ask again later.',
      });
    }
    void end(resting[0]);
  }

  async function begin(by: Caller, profile: ToolProfile): Promise<StreamableHTTPServerTransport> {
    makeRoom(keyOf(by));
    const server = createMcpServer({
      ...options,
      by,
      profile,
      followed,
      // A client that goes away takes its question with it: others answer it.
      onError: (error) => app.log.warn({ error: String(error) }, 'a question was not put to an MCP client'),
    });
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized(id) {
        const leave = live.add(by, () => void end(id));
        sessions.set(id, {
          transport,
          key: keyOf(by),
          close: () => {
            leave();
            return server.close();
          },
          open: 0,
          idle: endLater(id),
        });
      },
      onsessionclosed: (id) => void end(id),
    });
    await server.connect(transport);
    return transport;
  }

  /** @throws MissionError `input_invalid` for a profile that there is not */
  function profileOf({ query }: FastifyRequest): ToolProfile {
    const asked = Query.safeParse(query);
    if (asked.success) return asked.data.profile;
    throw new MissionError('input_invalid', 'There is no such profile of tools.', {
      remedy: `Name one of ${ToolProfile.options.join(', ')}.`,
      cause: asked.error,
    });
  }

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const header = request.headers['mcp-session-id'];
    const by = callerOf(request);
    const named = typeof header === 'string' ? sessions.get(header) : undefined;
    const session = named?.key === keyOf(by) ? named : undefined;
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
    const transport = session?.transport ?? (await begin(by, profileOf(request)));
    reply.hijack();
    secureReply(reply.raw);
    await transport.handleRequest(request.raw, reply.raw, request.body);
  }

  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    bodyLimit: MOST_BODY_BYTES,
    config: { access: 'viewer', slots: true },
    schema: { hide: true },
    handler: handle,
  });
  app.addHook('onClose', async () => {
    await Promise.all([...sessions.keys()].map(end));
  });
}
