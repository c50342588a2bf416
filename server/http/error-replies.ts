import type { FastifyInstance } from 'fastify';
import { MissionError, type MissionErrorCode, toFailure } from '../../services/errors/mission-error.ts';

const STATUS: Readonly<Partial<Record<MissionErrorCode, number>>> = {
  not_authorised: 401,
  slot_unknown: 404,
  role_unknown: 404,
  task_unknown: 404,
  input_invalid: 400,
  prompt_empty: 400,
  prompt_too_long: 413,
  prompt_refused: 422,
  option_unknown: 422,
  option_ambiguous: 422,
  timeout: 504,
  cancelled: 499,
  pty_host_unreachable: 503,
  database_failed: 503,
  internal: 500,
};
/** Anything else is a state of the world that does not allow the call now. */
const CONFLICT = 409;

function statusOf(error: unknown): number {
  if (error instanceof MissionError) return STATUS[error.code] ?? CONFLICT;
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

/** One shape for every error. What went wrong inside is logged, not told. */
export function replyWithErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status === 500)
      request.log.error(
        {
          error: { message: String(error), stack: error instanceof Error ? error.stack : undefined },
          url: request.routeOptions.url,
        },
        'request failed',
      );
    const failure =
      status === 500
        ? { code: 'internal', message: 'missiond failed on this request; its log says more.' }
        : error instanceof MissionError
          ? { ...toFailure(error), ...factsOf(error) }
          : { code: 'input_invalid', message: error instanceof Error ? error.message : String(error) };
    void reply.status(status).send({ error: failure });
  });
  app.setNotFoundHandler((request, reply) => {
    void reply.status(404).send({
      error: {
        code: 'input_invalid',
        message: `There is no ${request.method} ${request.url.split('?')[0]}.`,
      },
    });
  });
}

/** The id of a task that goes on although the wait for it ended. */
function factsOf(error: MissionError): { readonly taskId: string } | Record<string, never> {
  const { taskId } = error.facts;
  return typeof taskId === 'string' ? { taskId } : {};
}
