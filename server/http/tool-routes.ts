import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Mission } from '../../actors/mission/api.ts';
import { SlotId } from '../../db/ids.ts';
import { operations } from '../tools/registry.ts';

/** A prompt of 100,000 characters fits many times over; a prompt of a megabyte gets its own answer. */
const MOST_BODY_BYTES = 8 * 1024 * 1024;

function callContext(mission: Mission, request: FastifyRequest, caller: string) {
  const gone = new AbortController();
  request.raw.socket.once('close', () => gone.abort());
  return { mission, signal: gone.signal, progress: () => {}, caller };
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
          response: { 200: output },
          tags: [readOnly ? 'read' : 'change'],
        },
        validatorCompiler: () => () => true,
      },
      async (request, reply) => {
        const caller =
          typeof request.headers['x-missiond-caller'] === 'string'
            ? request.headers['x-missiond-caller']
            : 'rest';
        return reply.send(await operation.run(request.body ?? {}, callContext(mission, request, caller)));
      },
    );
  }
  const call = (name: string, input: unknown, request: FastifyRequest): Promise<unknown> => {
    const operation = operations.find((candidate) => candidate.name === name);
    if (operation === undefined) throw new Error(`no operation ${name}`);
    return operation.run(input, callContext(mission, request, 'rest'));
  };
  const hidden = { schema: { hide: true } };
  app.get('/api/tasks', hidden, (request) => call('mission_task', numbersOf(request.query), request));
  app.post('/api/tasks', hidden, (request) => call('mission_submit', request.body, request));
  app.get('/api/tasks/:taskId', hidden, (request) => call('mission_status', request.params, request));
  app.post('/api/tasks/:taskId/cancel', hidden, (request) => call('mission_cancel', request.params, request));
  app.get('/api/slots', hidden, (request) => call('mission_agents', {}, request));
  app.get<{ Params: { slotId: string } }>('/api/slots/:slotId', hidden, (request) =>
    mission.slot(SlotId.parse(request.params.slotId)),
  );
  app.get('/api/questions', hidden, () => ({ questions: mission.questions() }));
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
