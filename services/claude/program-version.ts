import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** `--version` answers in 60 ms; a cold disk may take seconds for a binary of 240 MB. */
const ANSWERS_WITHIN_MS = 30_000;

/** What `claude --version` says (`2.1.329`). Rejects when the program does not run or says something else. */
export async function programVersion(
  file: string,
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal?: AbortSignal },
): Promise<string> {
  const { PATH, HOME } = options.env;
  const { stdout } = await run(file, ['--version'], {
    timeout: ANSWERS_WITHIN_MS,
    env: { PATH: PATH ?? '/usr/local/bin:/usr/bin:/bin', HOME: HOME ?? '/', DISABLE_AUTOUPDATER: '1' },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
  if (version === undefined) throw new Error(`${file} --version said "${stdout.trim().slice(0, 100)}"`);
  return version;
}
