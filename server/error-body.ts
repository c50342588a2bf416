import { z } from 'zod';
import { isErrorCode, MissionError } from '../services/errors/mission-error.ts';

/** What every door answers when something went wrong. */
export const ErrorBody = z.object({
  error: z.object({
    /** Stable for programs. */
    code: z.string(),
    /** What happened. */
    message: z.string(),
    /** What to do about it. */
    remedy: z.string().optional(),
    /** The task that goes on although the wait for it ended. */
    taskId: z.string().optional(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

/** The error of a daemon, to be thrown on this side as it was on the other. */
export function toldError({ error }: ErrorBody): MissionError {
  const { code, message, remedy, taskId } = error;
  return new MissionError(isErrorCode(code) ? code : 'internal', message, {
    ...(remedy === undefined ? {} : { remedy }),
    ...(taskId === undefined ? {} : { facts: { taskId } }),
  });
}
