import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Mission } from '../../actors/mission/api.ts';
import { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { type Access, isPerson, isPersonsDoor, recordedAs } from '../auth/caller.ts';
import type { CallerOf } from '../auth/callers.ts';
import { ErrorBody } from '../error-body.ts';
import type { Operation } from '../tools/operation.ts';
import { findOperation, operations } from '../tools/registry.ts';
import { callerGone } from './caller-gone.ts';
import { replyWithEvents, wantsEvents } from './reply-with-events.ts';

/** A prompt of 100,000 characters fits many times over; a prompt of a megabyte gets its own answer. */
const MOST_BODY_BYTES = 8 * 1024 * 1024;

/** Where the owner says to be. Other names are not believed: the record says who answered. */
function saidBy(request: FastifyRequest): string | undefined {
  const said = request.headers['x-missiond-caller'];
  return typeof said === 'string' && isPersonsDoor(said) ? said : undefined;
}

/** Every operation as `POST /api/tools/<name>`, and the ones that read well as addresses. */
export function registerToolRoutes(app: FastifyInstance, mission: Mission, callerOf: CallerOf): void {
  const contextOf = (request: FastifyRequest, reply: FastifyReply, said = 'rest') => {
    const by = callerOf(request);
    return {
      mission,
      by,
      caller: recordedAs(by, said),
      isPerson: isPerson(by, said),
      signal: callerGone(reply),
      progress: () => {},
    };
  };
  const toldOf = ({ heardWhileMade, description }: Operation): string =>
    heardWhileMade
      ? `${description} With \`Accept: text/event-stream\` the answer is read while it is made: events \`delta\` ({"text"}), \`restart\` (what came before counts for nothing), and last \`done\` with the whole answer, or \`error\`.`
      : description;
  for (const operation of operations) {
    const { name, title, input, output, readOnly } = operation;
    app.post(
      `/api/tools/${name}`,
      {
        bodyLimit: MOST_BODY_BYTES,
        // What an agent may do is asked of each call.
        config: { access: operation.access, slots: operation.forSlots },
        schema: {
          operationId: name,
          summary: title,
          description: toldOf(operation),
          body: input.optional(),
          response: { 200: output, '4xx': ErrorBody, '5xx': ErrorBody },
          tags: [readOnly ? 'read' : 'change'],
        },
        validatorCompiler: () => () => true,
      },
      async (request, reply) => {
        const context = contextOf(request, reply, saidBy(request));
        const given = request.body ?? {};
        return operation.heardWhileMade && wantsEvents(request)
          ? replyWithEvents(request, reply, (told) => operation.run(given, { ...context, ...told }))
          : reply.send(await operation.run(given, context));
      },
    );
  }
  const perform = (name: string, input: unknown, request: FastifyRequest, reply: FastifyReply) =>
    findOperation(name).run(input, contextOf(request, reply));
  const hidden = (access: Access) => ({ config: { access }, schema: { hide: true } });
  const viewed = hidden('viewer');
  const changed = hidden('orchestrator');
  app.get('/api/tasks', viewed, (request, reply) =>
    perform('mission_task', numbersOf(request.query), request, reply),
  );
  app.post('/api/tasks', changed, (request, reply) =>
    perform('mission_submit', request.body, request, reply),
  );
  app.get<{ Params: { taskId: string } }>('/api/tasks/:taskId', viewed, (request, reply) =>
    perform('mission_status', { ...numbersOf(request.query), taskId: request.params.taskId }, request, reply),
  );
  app.post('/api/tasks/:taskId/cancel', changed, (request, reply) =>
    perform('mission_cancel', request.params, request, reply),
  );
  app.get('/api/slots', viewed, (request, reply) => perform('mission_agents', {}, request, reply));
  app.get<{ Params: { slotId: string } }>('/api/slots/:slotId', viewed, (request) =>
    mission.slot(slotIdOf(request.params.slotId)),
  );
  app.get('/api/questions', viewed, () => ({ questions: mission.questions() }));
}

function slotIdOf(text: string): SlotId {
  const slotId = SlotId.safeParse(text);
  if (slotId.success) return slotId.data;
  throw new MissionError('slot_unknown', `There is no slot ${JSON.stringify(text)}.`, {
    remedy: 'List the slots with GET /api/slots.',
  });
}

/** Query strings carry no numbers. */
function numbersOf(query: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(typeof query === 'object' && query !== null ? query : {}).map(([key, value]) => [
      key,
      typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value,
    ]),
  );
}
