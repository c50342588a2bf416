import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Mission } from '../../actors/mission/api.ts';
import { SlotId } from '../../db/ids.ts';
import type { StatelyBridge } from '../../inspector/stately.ts';
import { AttachQuery } from '../attach/protocol.ts';
import { servePty } from './pty-socket.ts';
import { sendJson, sendText } from './send-json.ts';
import { serveTasks } from './tasks-socket.ts';

const TasksQuery = z.object({ since: z.coerce.number().int().nonnegative().optional() });
/** A request that no slot answers to. */
const CLOSE_UNKNOWN = 4004;

/** `/pty/<slot>`, `/tasks` and `/inspect`. The token was checked before the upgrade. */
export function registerSockets(
  app: FastifyInstance,
  { mission, stately }: { readonly mission: Mission; readonly stately: StatelyBridge },
): void {
  app.get<{ Params: { slotId: string } }>(
    '/pty/:slotId',
    { websocket: true, schema: { hide: true } },
    (socket, request) => {
      const slotId = SlotId.safeParse(request.params.slotId);
      const query = AttachQuery.safeParse(request.query);
      if (!slotId.success || !query.success) {
        sendJson(socket, {
          type: 'error',
          code: 'input_invalid',
          message: 'Use /pty/<slot>?since=<sequence>&readonly=1.',
        });
        socket.close(CLOSE_UNKNOWN);
        return;
      }
      const { since, readonly } = query.data;
      servePty(socket, mission, slotId.data, {
        readOnly: readonly === '1' || readonly === 'true',
        ...(since === undefined ? {} : { fromSequence: since }),
      });
    },
  );
  app.get('/tasks', { websocket: true, schema: { hide: true } }, (socket, request) => {
    serveTasks(socket, mission, TasksQuery.safeParse(request.query).data?.since);
  });
  app.get('/inspect', { websocket: true, schema: { hide: true } }, (socket) => {
    const leave = stately.addViewer((text) => sendText(socket, text));
    socket.on('close', leave);
    socket.on('error', () => socket.terminate());
  });
}
