import { z } from 'zod';
import { redactTokens } from '../../db/redact-tokens.ts';

/** What the SDKs and fetch put on their errors. */
const Said = z.looseObject({
  message: z.string().optional().catch(undefined),
  status: z.number().optional().catch(undefined),
  code: z.string().optional().catch(undefined),
  cause: z.unknown().optional(),
});

const MOST_CHARACTERS = 300;

/** The code of the system's error at the bottom: `ECONNREFUSED`. */
function codeOf(error: unknown): string | undefined {
  const said = Said.safeParse(error).data;
  if (said === undefined) return undefined;
  return codeOf(said.cause) ?? said.code;
}

/** Errors of the system after which nothing can have reached the backend. */
const NEVER_REACHED = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/** True when the backend answered with an error, or was never reached: nothing was worked on. */
export const wasTurnedAway = (error: unknown): boolean =>
  Said.safeParse(error).data?.status !== undefined || NEVER_REACHED.test(codeOf(error) ?? '');

/** Not let in, not paid, not there, too much for now: other words would be answered no better. */
const WHATEVER_IS_ASKED: ReadonlySet<number> = new Set([401, 402, 403, 404, 408, 429]);

/** True when what was asked may be why it failed, such as a text that is too long. */
export const mayBeTheRequest = (error: unknown): boolean => {
  const status = Said.safeParse(error).data?.status;
  return status === undefined ? !wasTurnedAway(error) : !WHATEVER_IS_ASKED.has(status);
};

/** What a backend said, or what became of the way to it, on one line and without secrets. */
export function failureWords(error: unknown, redact: (text: string) => string): string {
  const message = Said.safeParse(error).data?.message ?? String(error);
  const code = codeOf(error);
  const whole = code === undefined || message.includes(code) ? message : `${message} (${code})`;
  return redactTokens(redact(whole)).replace(/\s+/g, ' ').trim().slice(0, MOST_CHARACTERS);
}
