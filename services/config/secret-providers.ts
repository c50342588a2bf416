import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { expandedPath } from './expanded-path.ts';

const run = promisify(execFile);

/** A password manager that asks for a fingerprint needs a moment; one that hangs must not hold the slot. */
const COMMAND_AT_MOST_MS = 10_000;
const MOST_OUTPUT_BYTES = 1024 * 1024;

/** What child_process and fs put on their errors. */
const ProcessFailure = z.looseObject({
  code: z.union([z.string(), z.number()]).nullish(),
  killed: z.boolean().optional(),
});

export const PROVIDERS = ['env', 'file', 'cmd', 'secret'] as const;
export type Provider = (typeof PROVIDERS)[number];

export interface ResolveOptions {
  readonly inherited: NodeJS.ProcessEnv;
  readonly secretCommand?: readonly string[];
  readonly signal: AbortSignal;
}

/** A value, or why there is none. The reason is ours alone: what a program printed may hold the secret. */
export type Provided =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly why: string };

/** Splits `program "an argument"` into words; quotes group, nothing else has a meaning. No shell is asked. */
export function commandWords(command: string): readonly string[] {
  return [...command.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single),
  );
}

/** What an error says about the world without saying what was read. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'the wait was given up';
  const facts = ProcessFailure.safeParse(error).data ?? {};
  if (facts.killed === true) return `it did not end within ${COMMAND_AT_MOST_MS / 1000} s`;
  if (facts.code === 'ENOENT') return 'there is no such file or program';
  if (facts.code === 'EACCES') return 'it may not be read or run';
  return typeof facts.code === 'number' ? `it ended with status ${facts.code}` : 'it failed';
}

async function print(
  [program, ...args]: readonly string[],
  { inherited, signal }: ResolveOptions,
): Promise<string> {
  if (program === undefined) return '';
  const running = run(program, args, {
    env: inherited,
    timeout: COMMAND_AT_MOST_MS,
    // A program that ignores SIGTERM would hold the slot for ever.
    killSignal: 'SIGKILL',
    maxBuffer: MOST_OUTPUT_BYTES,
    signal,
  });
  // One that asks for a password finds the end of its input instead of waiting for it.
  running.child.stdin?.end();
  return (await running).stdout;
}

async function read(provider: Provider, content: string, options: ResolveOptions): Promise<string> {
  switch (provider) {
    case 'env':
      return options.inherited[content] ?? '';
    case 'file':
      return readFile(expandedPath(content), {
        encoding: 'utf8',
        signal: options.signal,
      });
    case 'cmd':
      return print(commandWords(content), options);
    case 'secret':
      return print([...(options.secretCommand ?? []), content], options);
  }
}

/** Asks a provider for a value; white space at its ends is not part of it. */
export async function provide(
  provider: Provider,
  content: string,
  options: ResolveOptions,
): Promise<Provided> {
  if (provider === 'secret' && options.secretCommand === undefined)
    return { ok: false, why: 'slots.yaml names no secretCommand' };
  try {
    const value = (await read(provider, content, options)).trim();
    if (value !== '') return { ok: true, value };
    return { ok: false, why: provider === 'env' ? 'the variable is not set' : 'it gave nothing' };
  } catch (error) {
    return { ok: false, why: reasonOf(error, options.signal) };
  }
}
