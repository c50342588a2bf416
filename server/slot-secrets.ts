import { blotTokens, redactTokens } from '../db/redact-tokens.ts';
import type { SlotBook, SlotVariables } from '../services/agents/slot-book.ts';
import { redact } from '../services/config/redact.ts';
import { holdsSecrets, resolveEnv } from '../services/config/resolve-env.ts';
import { redactAcrossRows } from '../services/config/secrets-across-rows.ts';
import type { SlotsFile } from '../services/config/slots-file.ts';
import type { KnownSecrets } from '../services/conversations/ingest-progress.ts';
import { blotAcrossFullRows } from '../services/text/blot-across-full-rows.ts';

export const WITHHELD = '[withheld: the secrets of this slot are not known since the daemon started again]';

export interface SlotSecrets {
  /** Resolves the environment of a slot and remembers what must not be shown. Errors: see `resolveEnv`. */
  resolve(slotId: string, signal: AbortSignal): Promise<Record<string, string>>;
  /** Learns the secrets of a session that outlived the last daemon, as far as they can be resolved. Never rejects. */
  learn(slotId: string, signal: AbortSignal): Promise<void>;
  /** Takes the secrets of a slot out of a text, and what looks like one; the whole text, while they are not known. */
  redact(slotId: string, text: string): string;
  /** The same of the rows of a screen: one may begin in a row and go on in the next. */
  redactScreen(slotId: string, text: string, columns: number): string;
  /** The secrets of a slot, for who takes them out elsewhere; null while they are not known, and nothing may be shown. */
  secretsOf(slotId: string): ReadonlySet<string> | null;
  /** What is known now, for a thread that has to take it out by itself. */
  known(): KnownSecrets;
  /** Called when more is known. Returns the way to stop. */
  watch(listener: (known: KnownSecrets) => void): () => void;
}

const clean = (text: string, secrets: ReadonlySet<string>): string =>
  redactTokens(redactAcrossRows(redact(text, secrets), secrets));

/** Knows which words of which slot must not reach a row, a log or a reply. */
export function createSlotSecrets(
  slots: Pick<SlotBook, 'variables' | 'variablesOf'>,
  { secretCommand }: Pick<SlotsFile, 'secretCommand'>,
  inherited: NodeJS.ProcessEnv,
): SlotSecrets {
  /** By the variables that they stand in, which all agents have in common. One that was replaced may still be said. */
  const known = new Map<SlotVariables['env'], ReadonlySet<string>>();
  const listeners = new Set<(known: KnownSecrets) => void>();

  const all = (): KnownSecrets => ({
    secrets: [...new Set([...known.values()].flatMap((secrets) => [...secrets]))],
    withheldSlots: slots
      .variables()
      .filter(({ env }) => holdsSecrets(env) && !known.has(env))
      .map(({ id }) => id),
  });

  async function resolve(slotId: string, signal: AbortSignal): Promise<Record<string, string>> {
    const variables = slots.variablesOf(slotId);
    const { env, secrets } = await resolveEnv(slotId, variables, {
      inherited,
      signal,
      ...(secretCommand === undefined ? {} : { secretCommand }),
    });
    known.set(variables, new Set([...(known.get(variables) ?? []), ...secrets]));
    for (const listener of listeners) listener(all());
    return env;
  }

  function secretsOf(slotId: string): ReadonlySet<string> | null {
    const variables = slots.variablesOf(slotId);
    return known.get(variables) ?? (holdsSecrets(variables) ? null : new Set());
  }

  return {
    resolve,
    secretsOf,
    known: all,
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async learn(slotId, signal) {
      // A source that has gone leaves the slot's texts withheld; its next start says why.
      if (holdsSecrets(slots.variablesOf(slotId))) await Promise.allSettled([resolve(slotId, signal)]);
    },
    redact(slotId, text) {
      const secrets = secretsOf(slotId);
      return secrets === null ? WITHHELD : clean(text, secrets);
    },
    redactScreen(slotId, text, columns) {
      const secrets = secretsOf(slotId);
      if (secrets === null) return WITHHELD;
      return clean(blotAcrossFullRows(text.split('\n'), columns, blotTokens).join('\n'), secrets);
    },
  };
}
