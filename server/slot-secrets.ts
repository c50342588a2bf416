import { redactTokens } from '../db/redact-tokens.ts';
import { redact } from '../services/config/redact.ts';
import { holdsSecrets, resolveEnv } from '../services/config/resolve-env.ts';
import type { SlotsFile } from '../services/config/slots-file.ts';

const WITHHELD = '[withheld: the secrets of this slot are not known since the daemon started again]';

export interface SlotSecrets {
  /** Resolves the environment of a slot and remembers what must not be shown. Errors: see `resolveEnv`. */
  resolve(slotId: string, signal: AbortSignal): Promise<Record<string, string>>;
  /** Learns the secrets of a session that outlived the last daemon, as far as they can be resolved. Never rejects. */
  learn(slotId: string, signal: AbortSignal): Promise<void>;
  /** Takes the secrets of a slot out of a text, and what looks like one; the whole text, while they are not known. */
  redact(slotId: string, text: string): string;
}

/** Knows which words of which slot must not reach a row, a log or a reply. */
export function createSlotSecrets(file: SlotsFile, inherited: NodeJS.ProcessEnv): SlotSecrets {
  const known = new Map<string, ReadonlySet<string>>();
  const envOf = (slotId: string) => file.slots.find(({ id }) => id === slotId)?.env ?? {};

  async function resolve(slotId: string, signal: AbortSignal): Promise<Record<string, string>> {
    const { env, secrets } = await resolveEnv(slotId, envOf(slotId), {
      inherited,
      signal,
      ...(file.secretCommand === undefined ? {} : { secretCommand: file.secretCommand }),
    });
    known.set(slotId, secrets);
    return env;
  }

  return {
    resolve,
    async learn(slotId, signal) {
      // A source that has gone leaves the slot's texts withheld; its next start says why.
      if (holdsSecrets(envOf(slotId))) await Promise.allSettled([resolve(slotId, signal)]);
    },
    redact(slotId, text) {
      const secrets = known.get(slotId);
      if (secrets === undefined) return holdsSecrets(envOf(slotId)) ? WITHHELD : redactTokens(text);
      return redactTokens(redact(text, secrets));
    },
  };
}
