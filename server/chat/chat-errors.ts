import type { FastifyBaseLogger } from 'fastify';
import { MissionError } from '../../services/errors/mission-error.ts';
import { errorReply } from '../http/error-replies.ts';

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};
const SERVER_FAULT = 500;
/** Names that clients of OpenAI know; all others are ours. */
const CODES: Readonly<Record<string, string>> = {
  role_unknown: 'model_not_found',
  not_authorised: 'invalid_api_key',
  prompt_too_long: 'context_length_exceeded',
};

/** An error as clients of OpenAI read it. */
export function chatError(
  error: unknown,
  where: { readonly log: FastifyBaseLogger; readonly url: string | undefined },
) {
  const { status, body } = errorReply(error, where);
  const { code, message, remedy, taskId } = body.error;
  const told = remedy === undefined ? message : `${message} ${remedy}`;
  return {
    status,
    /** Clients ask again by themselves: what has become a task would be done twice. */
    mayRepeat: !(error instanceof MissionError && error.facts['taskId'] !== undefined),
    body: {
      error: {
        message: told,
        type: TYPES[status] ?? (status >= SERVER_FAULT ? 'server_error' : 'invalid_request_error'),
        param: code === 'role_unknown' ? 'model' : null,
        code: CODES[code] ?? code,
        ...(taskId === undefined ? {} : { task_id: taskId }),
      },
    },
  };
}
