import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Mission } from '../../actors/mission/api.ts';
import { Epoch, SlotId } from '../../db/ids.ts';
import { denyRequest, denyTool } from '../../services/claude/hook-body.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { callerGone } from './caller-gone.ts';
import { bearerToken } from './guard.ts';

/** A tool's result can be large; more than this is not a hook. */
const MOST_BODY_BYTES = 10 * 1024 * 1024;

/** Not for people: not in the OpenAPI document. */
const HOOK_ROUTE = { bodyLimit: MOST_BODY_BYTES, schema: { hide: true } };

const Params = z.object({ slotId: SlotId, epoch: Epoch });

/** @throws MissionError `not_authorised`, before anything of the body is read */
function checkSlot(request: FastifyRequest, mission: Mission): void {
  const params = Params.safeParse(request.params);
  const token = bearerToken(request);
  if (!params.success || token === undefined || !mission.slotTokenFits(params.data.slotId, token)) {
    throw new MissionError('not_authorised', 'This is not the token of that slot.');
  }
}

/** A verdict that could not be reached is a refusal: a failed hook would let Claude Code go on as if nothing had been asked. */
function failClosed(body: unknown): Record<string, unknown> {
  const event = z.looseObject({ hook_event_name: z.string() }).safeParse(body).data?.hook_event_name;
  const reason = 'missiond could not judge this tool call; its log says why.';
  if (event === 'PreToolUse') return denyTool(reason);
  return event === 'PermissionRequest' ? denyRequest(reason) : {};
}

/** Where Claude Code itself calls: its hooks and its status line, with the token of the slot, which opens nothing else. */
export async function registerHookRoutes(app: FastifyInstance, mission: Mission): Promise<void> {
  await app.register((ofSlots, _, done) => {
    ofSlots.addHook('onRequest', async (request) => checkSlot(request, mission));
    ofSlots.post('/hooks/:slotId/:epoch', HOOK_ROUTE, async (request, reply) => {
      const { slotId, epoch } = Params.parse(request.params);
      try {
        return await mission.receiveHook(slotId, epoch, request.body, callerGone(reply));
      } catch (error) {
        request.log.error({ slotId, error: String(error) }, 'a hook failed');
        return failClosed(request.body);
      }
    });
    ofSlots.post('/statusline/:slotId/:epoch', HOOK_ROUTE, async (request, reply) => {
      const { slotId, epoch } = Params.parse(request.params);
      return reply.type('text/plain').send(mission.receiveStatusLine(slotId, epoch, request.body));
    });
    done();
  });
}
