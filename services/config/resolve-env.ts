import { MissionError } from '../errors/mission-error.ts';
import { PROVIDERS, provide, type ResolveOptions } from './secret-providers.ts';

/** `${VAR}` without a provider is left alone: it may be meant for the program that reads the variable. */
const PLACEHOLDER = /\$\{([a-z]+):(?![-=+?])([^}]*)\}/g;

/** True when a variable of this environment is filled from a provider. */
export function holdsSecrets(env: Readonly<Record<string, string>>): boolean {
  return Object.values(env).some((template) => template.search(PLACEHOLDER) !== -1);
}

/**
 * Resolves `${env:…}`, `${file:…}`, `${cmd:…}` and `${secret:…}`, also several in one value. What was resolved is
 * returned apart, so that it can be taken out of everything that is stored or shown; it is never logged.
 * @throws MissionError `secret_unresolved` naming slot, variable and provider, never the value
 */
export async function resolveEnv(
  slotId: string,
  env: Readonly<Record<string, string>>,
  options: ResolveOptions,
): Promise<{ readonly env: Record<string, string>; readonly secrets: ReadonlySet<string> }> {
  const secrets = new Set<string>();
  const resolved: Record<string, string> = {};
  for (const [name, template] of Object.entries(env)) {
    let value = '';
    let last = 0;
    for (const match of template.matchAll(PLACEHOLDER)) {
      const [whole, word = '', content = ''] = match;
      const provider = PROVIDERS.find((known) => known === word);
      if (provider === undefined) {
        throw new MissionError(
          'secret_unresolved',
          `\${${word}:…} of ${name} of slot ${slotId} names no provider.`,
          { remedy: `Use one of: ${PROVIDERS.join(', ')}.` },
        );
      }
      const provided = await provide(provider, content, options);
      if (!provided.ok) {
        throw new MissionError(
          'secret_unresolved',
          `\${${provider}:…} of ${name} of slot ${slotId} gave no value: ${provided.why}.`,
          {
            remedy: `Check that the ${provider} source in slots.yaml exists and prints a value, then start the slot again.`,
          },
        );
      }
      secrets.add(provided.value);
      value += template.slice(last, match.index) + provided.value;
      last = match.index + whole.length;
    }
    resolved[name] = value + template.slice(last);
  }
  return { env: resolved, secrets };
}
