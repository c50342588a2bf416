import type { Logger } from 'pino';
import { PROVIDERS, type Provider, provide } from '../services/config/secret-providers.ts';
import { within } from '../services/deadline/within.ts';
import { redactForReport } from '../services/diagnostics/redact-report.ts';
import type { NoticeDeliveryDependencies } from '../services/notices/deliver-notices.ts';
import { postNotice } from '../services/notices/post-notice.ts';
import { runProgram } from '../services/processes/run-program.ts';

const SECOND_MS = 1_000;
const NAMED = /^\$\{(\w+):([^}]+)\}$/;

const isProvider = (name: string | undefined): name is Provider =>
  PROVIDERS.some((provider) => provider === name);

/** Looked up each time: a secret that is changed counts at once, and none is kept. */
async function secretOf(
  reference: string | undefined,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | null> {
  if (reference === undefined) return null;
  const [, provider, content = ''] = NAMED.exec(reference) ?? [];
  if (!isProvider(provider)) throw new Error(`its secret is not named as \${env:NAME} or \${file:path}`);
  const provided = await provide(provider, content, { inherited: env, signal });
  if (!provided.ok) throw new Error(`its secret could not be read: ${provided.why}`);
  return provided.value;
}

/** Sends a notice to a receiver: by POST, or to the standard input of a program. Throws when it was not taken. */
export function createNoticeSender(options: {
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly logger: Pick<Logger, 'info'>;
}): NoticeDeliveryDependencies['send'] {
  const { env, now, logger } = options;
  return async ({ hook, shownAs }, notice, stopped) => {
    const { url, command, secret, timeoutSeconds } = hook;
    const signal = within(timeoutSeconds * SECOND_MS, stopped);
    if (url !== undefined)
      return postNotice(url, notice, { secret: await secretOf(secret, env, signal), at: now(), signal });
    await runProgram(command ?? [], notice.body, {
      env,
      signal,
      printed: (output) =>
        logger.info({ command: shownAs, output: redactForReport(output) }, 'a hook printed'),
    });
  };
}
