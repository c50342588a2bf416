import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { Mission } from '../../actors/mission/api.ts';
import { SlotId } from '../../db/ids.ts';
import type { StatelyBridge } from '../../inspector/stately.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import { AttachQuery } from '../attach/protocol.ts';
import { type Access, type Caller, reaches } from '../auth/caller.ts';
import type { CallerOf } from '../auth/callers.ts';
import type { LiveCallers } from '../auth/live-callers.ts';
import { checkMayWatch } from '../auth/memory-terminal.ts';
import type { Limits } from '../http/limits.ts';
import { claudeSessions } from '../tools/claude-tasks.ts';
import { ptyConfirm } from '../tools/questions.ts';
import { limitSocket } from './limit-socket.ts';
import { CLOSE_REFUSED, servePty } from './pty-socket.ts';
import { sendJson, sendText } from './send-json.ts';
import { slotMeant } from './slot-meant.ts';
import { type Answers, serveTasks } from './tasks-socket.ts';

const PtyParams = z.object({ slotId: SlotId });
const TasksQuery = z.object({ since: z.coerce.number().int().nonnegative().optional() });
/** The address or its query cannot be understood. */
const CLOSE_UNKNOWN = 4004;
/** The token holds no more. */
const CLOSE_REVOKED = 4005;

function refuse(socket: WebSocket, message: string): void {
  sendJson(socket, { type: 'error', code: 'input_invalid', message });
  socket.close(CLOSE_UNKNOWN);
}

/** What the page need not offer. The owner who opened it is a person. */
function answersOf(by: Caller): Answers {
  if (!reaches(by, ptyConfirm.access)) return 'none';
  return by.role === 'owner' ? 'all' : 'unprotected';
}

/** `/pty/<slot>`, `/tasks` and `/inspect`. The token was checked before the upgrade. */
export function registerSockets(
  app: FastifyInstance,
  {
    mission,
    stately,
    callerOf,
    live,
    limits,
  }: {
    readonly mission: Mission;
    readonly stately: StatelyBridge;
    readonly callerOf: CallerOf;
    readonly live: LiveCallers;
    readonly limits: Limits;
  },
): void {
  function serve(
    url: string,
    access: Access,
    wsHandler: (socket: WebSocket, request: FastifyRequest, willAnswer: () => void) => void,
  ): void {
    app.route({
      method: 'GET',
      url,
      config: { access },
      schema: { hide: true },
      wsHandler(socket, request) {
        const willAnswer = limitSocket(socket, limits, Date.now);
        socket.once(
          'close',
          live.add(callerOf(request), () => socket.close(CLOSE_REVOKED)),
        );
        wsHandler(socket, request, willAnswer);
      },
      handler(request) {
        throw new MissionError('input_invalid', `${request.url.split('?')[0]} is a WebSocket.`, {
          remedy: 'Open it with ws:// and the token, or use the REST calls of /openapi.json.',
        });
      },
    });
  }

  serve('/pty/:slotId', 'viewer', (socket, request, willAnswer) => {
    const params = PtyParams.safeParse(request.params);
    const query = AttachQuery.safeParse(request.query);
    if (!params.success || !query.success)
      return refuse(socket, 'Use /pty/<slot>?since=<sequence>&readonly=1.');
    const { since, readonly } = query.data;
    let slotId: SlotId;
    try {
      slotId = slotMeant(mission, params.data.slotId);
      checkMayWatch(callerOf(request), slotId, mission);
    } catch (error) {
      const { code, message, remedy } = toFailure(error);
      sendJson(socket, { type: 'error', code, message: [message, remedy].filter(Boolean).join('\n  → ') });
      return socket.close(CLOSE_REFUSED);
    }
    servePty(socket, mission, slotId, {
      willAnswer,
      // A viewer has no keyboard, whatever it asks for.
      readOnly: readonly === '1' || readonly === 'true' || callerOf(request).role === 'viewer',
      ...(since === undefined ? {} : { fromSequence: since }),
    });
  });
  serve('/tasks', 'viewer', (socket, request) => {
    const query = TasksQuery.safeParse(request.query);
    if (!query.success) return refuse(socket, 'Use /tasks?since=<sequence>.');
    const by = callerOf(request);
    serveTasks(socket, mission, {
      since: query.data.since,
      answers: answersOf(by),
      readsSessions: reaches(by, claudeSessions.access),
    });
  });
  serve('/inspect', 'owner', (socket) => {
    const leave = stately.addViewer((text) => sendText(socket, text));
    socket.on('close', leave);
  });
}
