import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { MissionError } from '../errors/mission-error.ts';

const run = promisify(execFile);

/** A password manager that asks for a fingerprint needs a moment; one that hangs must not hold the slot. */
const COMMAND_AT_MOST_MS = 10_000;
const MOST_OUTPUT_BYTES = 1024 * 1024;
const PLACEHOLDER = /\$\{(env|file|cmd|secret):([^}]*)\}/g;

export interface ResolveOptions {
  readonly inherited: NodeJS.ProcessEnv;
  readonly secretCommand?: readonly string[];
  readonly signal: AbortSignal;
}

/** Splits `program "an argument"` into words; quotes group, nothing else has a meaning. */
export function commandWords(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

async function print(
  [program, ...args]: readonly string[],
  { inherited, signal }: ResolveOptions,
): Promise<string> {
  if (program === undefined) throw new Error('no program is named');
  const { stdout } = await run(program, args, {
    env: inherited,
    timeout: COMMAND_AT_MOST_MS,
    maxBuffer: MOST_OUTPUT_BYTES,
    signal,
  });
  return stdout.trim();
}

async function provide(provider: string, content: string, options: ResolveOptions): Promise<string> {
  switch (provider) {
    case 'env':
      return options.inherited[content] ?? '';
    case 'file':
      return (await readFile(path.resolve(content.replace(/^~(?=$|\/)/, os.homedir())), 'utf8')).trim();
    case 'cmd':
      return print(commandWords(content), options);
    default:
      if (options.secretCommand === undefined) throw new Error('no secretCommand is configured');
      return print([...options.secretCommand, content], options);
  }
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
      const [whole, provider = '', content = ''] = match;
      const part = await provide(provider, content, options).catch(() => '');
      if (part === '') {
        // The cause may carry output of the program, and with it the secret.
        throw new MissionError(
          'secret_unresolved',
          `\${${provider}:…} of ${name} of slot ${slotId} gave no value.`,
          {
            remedy: `Check that the ${provider} source in slots.yaml exists and prints a value, then start the slot again.`,
          },
        );
      }
      secrets.add(part);
      value += template.slice(last, match.index) + part;
      last = match.index + whole.length;
    }
    resolved[name] = value + template.slice(last);
  }
  return { env: resolved, secrets };
}
