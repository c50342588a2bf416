import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Mission } from '../../actors/mission/api.ts';
import { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { ErrorBody } from '../error-body.ts';
import { operations } from '../tools/registry.ts';
import { callerGone } from './caller-gone.ts';

/** A prompt of 100,000 characters fits many times over; a prompt of a megabyte gets its own answer. */
const MOST_BODY_BYTES = 8 * 1024 * 1024;

function callContext(mission: Mission, reply: FastifyReply, caller: string) {
  return { mission, signal: callerGone(reply), progress: () => {}, caller };
}

/** Every operation as `POST /api/tools/<name>`, and the ones that read well as addresses. */
export function registerToolRoutes(app: FastifyInstance, mission: Mission): void {
  for (const operation of operations) {
    const { name, title, description, input, output, readOnly } = operation;
    app.post(
      `/api/tools/${name}`,
      {
        bodyLimit: MOST_BODY_BYTES,
        schema: {
          operationId: name,
          summary: title,
          description,
          body: input.optional(),
          response: { 200: output, '4xx': ErrorBody, '5xx': ErrorBody },
          tags: [readOnly ? 'read' : 'change'],
        },
        validatorCompiler: () => () => true,
      },
      async (request, reply) => {
        const caller =
          typeof request.headers['x-missiond-caller'] === 'string'
            ? request.headers['x-missiond-caller']
            : 'rest';
        return reply.send(await operation.run(request.body ?? {}, callContext(mission, reply, caller)));
      },
    );
  }
  const call = (name: string, input: unknown, reply: FastifyReply): Promise<unknown> => {
    const operation = operations.find((candidate) => candidate.name === name);
    if (operation === undefined) throw new Error(`no operation ${name}`);
    return operation.run(input, callContext(mission, reply, 'rest'));
  };
  const hidden = { schema: { hide: true } };
  app.get('/api/tasks', hidden, (request, reply) => call('mission_task', numbersOf(request.query), reply));
  app.post('/api/tasks', hidden, (request, reply) => call('mission_submit', request.body, reply));
  app.get<{ Params: { taskId: string } }>('/api/tasks/:taskId', hidden, (request, reply) =>
    call('mission_status', { ...numbersOf(request.query), taskId: request.params.taskId }, reply),
  );
  app.post('/api/tasks/:taskId/cancel', hidden, (request, reply) =>
    call('mission_cancel', request.params, reply),
  );
  app.get('/api/slots', hidden, (_, reply) => call('mission_agents', {}, reply));
  app.get<{ Params: { slotId: string } }>('/api/slots/:slotId', hidden, (request) =>
    mission.slot(slotIdOf(request.params.slotId)),
  );
  app.get('/api/questions', hidden, () => ({ questions: mission.questions() }));
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
