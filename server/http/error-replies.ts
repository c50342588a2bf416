import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError, type MissionErrorCode, toFailure } from '../../services/errors/mission-error.ts';
import type { ErrorBody } from '../error-body.ts';

const STATUS: Readonly<Partial<Record<MissionErrorCode, number>>> = {
  not_authorised: 401,
  not_permitted: 403,
  too_many: 429,
  slot_unknown: 404,
  server_unknown: 404,
  skill_unknown: 404,
  skill_refused: 422,
  repository_unknown: 404,
  role_unknown: 404,
  task_unknown: 404,
  board_task_unknown: 404,
  input_invalid: 400,
  no_slot_fits: 422,
  queue_full: 429,
  dependency_failed: 422,
  router_model_unknown: 422,
  router_refused: 422,
  router_unavailable: 502,
  no_repository: 422,
  worktree_refused: 422,
  prompt_empty: 400,
  prompt_too_long: 413,
  prompt_refused: 422,
  option_unknown: 422,
  option_ambiguous: 422,
  timeout: 504,
  cancelled: 499,
  crowded: 503,
  pty_host_unreachable: 503,
  database_failed: 503,
  internal: 500,
};
/** What may be otherwise in a moment. */
const ASK_AGAIN: readonly number[] = [429, 503];
/** Seconds: queues and connections are looked at anew, not reserved. */
const RETRY_AFTER_S = 5;
/** Anything else is a state of the world that does not allow the call now. */
const CONFLICT = 409;

function statusOf(error: unknown): number {
  if (error instanceof MissionError) return STATUS[error.code] ?? CONFLICT;
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

/** The task that goes on although the wait for it ended. */
function taskOf(error: MissionError): { readonly taskId: string } | Record<string, never> {
  const { taskId } = error.facts;
  return typeof taskId === 'string' ? { taskId } : {};
}

/** One shape for every error. What went wrong inside is logged, not told. */
export function errorReply(
  error: unknown,
  { log, url }: { readonly log: FastifyBaseLogger; readonly url: string | undefined },
): { readonly status: number; readonly body: ErrorBody } {
  const status = statusOf(error);
  if (status === 500) {
    const stack = error instanceof Error ? error.stack : undefined;
    log.error({ error: { message: String(error), stack }, url }, 'request failed');
    return {
      status,
      body: {
        error: {
          code: 'internal',
          message: 'missiond failed on this request.',
          remedy: 'Its log (logs/missiond.log in its home) says why.',
        },
      },
    };
  }
  if (error instanceof MissionError)
    return { status, body: { error: { ...toFailure(error), ...taskOf(error) } } };
  const message = messageOf(error);
  return { status, body: { error: { code: 'input_invalid', message } } };
}

/** Gives every error of a request, and every request that has no address, the one shape. */
export function replyWithErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = errorReply(error, { log: request.log, url: request.routeOptions.url });
    if (ASK_AGAIN.includes(status)) void reply.header('retry-after', RETRY_AFTER_S);
    void reply.status(status).send(body);
  });
  app.setNotFoundHandler((request, reply) => {
    const body: ErrorBody = {
      error: {
        code: 'input_invalid',
        message: `There is no ${request.method} ${request.url.split('?')[0]}.`,
        remedy: 'GET /openapi.json lists what there is.',
      },
    };
    void reply.status(404).send(body);
  });
}
