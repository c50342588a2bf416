import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import type { Mission } from '../../actors/mission/api.ts';
import { registerBoard } from '../../inspector/board/routes.ts';
import type { StatelyBridge } from '../../inspector/stately.ts';
import { PROMETHEUS_TYPE, prometheusText } from '../../services/health/prometheus-text.ts';
import { createCallers } from '../auth/callers.ts';
import { createIdentification } from '../auth/identify.ts';
import { createLiveCallers } from '../auth/live-callers.ts';
import type { TokenStore } from '../auth/token-store.ts';
import { registerChat } from '../chat/routes.ts';
import { registerMcp } from '../mcp/routes.ts';
import { closeSockets, endFailedSocket } from '../ws/end-sockets.ts';
import { registerSockets } from '../ws/routes.ts';
import { type Connections, checkNumber } from './connections.ts';
import { DownRequest } from './down-request.ts';
import { errorReply, replyWithErrors } from './error-replies.ts';
import { admit, checkSource, type Sources } from './guard.ts';
import { registerHookRoutes } from './hook-routes.ts';
import type { Limits } from './limits.ts';
import { createOpenCalls } from './open-calls.ts';
import { refuseBrokenRequest, SECURITY_HEADERS, secureReply } from './security-headers.ts';
import { registerToolRoutes } from './tool-routes.ts';

/** Screens and prompts pass; nobody sends a terminal more at once. */
const MOST_SOCKET_BYTES = 4 * 1024 * 1024;

export interface ServerOptions extends Sources {
  readonly mission: Mission;
  /** The owner's token. */
  readonly token: string;
  /** Those of others. */
  readonly tokens: Pick<TokenStore, 'callerOf' | 'stillHolds'>;
  readonly version: string;
  readonly logger: FastifyBaseLogger;
  readonly stately: StatelyBridge;
  readonly connections: Connections;
  readonly limits: Limits;
  /** Asked to stop through `POST /api/down`. */
  readonly onDown: (request: DownRequest) => void;
}

/** Every door of the daemon in one application that does not listen. */
export async function buildServer({
  mission,
  token,
  tokens,
  version,
  logger,
  stately,
  onDown,
  connections,
  limits,
  ...sources
}: ServerOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: logger,
    serverFactory: (handler) => connections.createServer(handler),
    // A waiting question holds its hook open; closing the daemon must not wait for it.
    forceCloseConnections: true,
    logController: new LogController({ disableRequestLogging: true }),
    clientErrorHandler: refuseBrokenRequest,
    // Addresses that cannot be read are refused before any route, and so before the handler of errors.
    frameworkErrors(error, request, reply) {
      const { status, body } = errorReply(error, { log: request.log, url: undefined });
      reply.hijack();
      secureReply(reply.raw);
      reply.raw.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
      reply.raw.end(JSON.stringify(body));
    },
  });
  // A form of another page sends text without asking first; nobody else does.
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  replyWithErrors(app);
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'missiond',
        version,
        description: 'Every operation of missiond. The same operations are MCP tools at /mcp.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(websocket, {
    options: { maxPayload: MOST_SOCKET_BYTES, perMessageDeflate: false },
    errorHandler: endFailedSocket,
    preClose: () => closeSockets(app.websocketServer),
  });
  app.addHook('onRequest', async (request, reply) => {
    checkNumber(request, reply, connections);
    checkSource(request, sources);
  });
  app.addHook('onSend', async (_, reply) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS))
      if (!reply.hasHeader(name)) reply.header(name, value);
  });

  app.get('/health', { schema: { hide: true } }, () => ({ status: 'ok', version, pid: process.pid }));
  registerBoard(app);
  await registerHookRoutes(app, mission);
  const identify = createIdentification({ ownerToken: token, tokens, mission });
  const callers = createCallers();
  const open = createOpenCalls(limits.ofOneCaller);
  const live = createLiveCallers(tokens.stillHolds);
  app.addHook('onClose', async () => live.close());
  await app.register((owned, _, done) => {
    owned.addHook('onRequest', async (request, reply) => {
      const caller = admit(request, { identify, local: sources.local });
      open.enter(caller, request, reply);
      callers.set(request, caller);
    });
    registerToolRoutes(owned, mission, callers.of);
    registerChat(owned, { mission, callerOf: callers.of });
    registerMcp(owned, { mission, version, callerOf: callers.of, live, limits });
    registerSockets(owned, { mission, stately, callerOf: callers.of, live, limits });
    owned.get('/openapi.json', { config: { access: 'viewer' }, schema: { hide: true } }, () => app.swagger());
    owned.get('/metrics', { config: { access: 'viewer' }, schema: { hide: true } }, (_, reply) =>
      reply.type(PROMETHEUS_TYPE).send(prometheusText(mission.metrics())),
    );
    owned.post('/api/down', { schema: { hide: true, body: DownRequest.nullish() } }, ({ body }) => {
      onDown(DownRequest.parse(body ?? {}));
      return { stopping: true };
    });
    done();
  });
  return app;
}
