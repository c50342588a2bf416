import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const GUARD = fileURLToPath(new URL('./run-guarded.mjs', import.meta.url));

/** A program that was told to end is killed after this. */
const END_WITHIN_MS = 2_000;
/** What a program has printed is read to its end for so long after its own. */
const OUTPUTS_CLOSE_WITHIN_MS = 500;
/** Of what a program prints only the end is worth a line in the log. */
const KEPT_OUTPUT = 4_000;

export interface ProgramRun {
  /** Where it works; by default where the daemon does. */
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** What it printed on both its outputs, the end of it. */
  readonly printed: (output: string) => void;
  /** How many characters of it. */
  readonly keptOutput?: number;
  /** Each piece of its standard error, as it comes. */
  readonly heard?: (piece: string) => void;
  /** All of its standard output, which is no part of `printed` then. */
  readonly answered?: (output: string) => void;
  /** One that answers with more is ended. */
  readonly mostAnswerBytes?: number;
  /** The status with which it ended by itself; not told of one that was killed, or could not be started. */
  readonly ended?: (status: number) => void;
}

/**
 * Runs a program with a text on its standard input, in a process group of its own: what it starts ends with it, and all
 * of it ends with this process, even when that is killed.
 * @throws Error when it cannot be started, is ended by `signal`, or ends with another status than 0; when somebody
 *   waits for its answer, also when that could not be read to its end
 */
export function runProgram(
  [program = '', ...args]: readonly string[],
  input: string,
  {
    cwd,
    env,
    signal,
    printed,
    keptOutput = KEPT_OUTPUT,
    heard,
    answered,
    mostAnswerBytes = Number.POSITIVE_INFINITY,
    ended,
  }: ProgramRun,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Error('it was called off'));
    const child = spawn(process.execPath, [GUARD, program, ...args], {
      cwd,
      env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    let notStarted = '';
    child.stdio[3]?.on('data', (why) => {
      notStarted += String(why);
    });
    child.stdio[3]?.on('error', () => {});
    let output = '';
    let isWhole = false;
    const answer: Buffer[] = [];
    let answerBytes = 0;
    let force: NodeJS.Timeout | undefined;
    let letGo: NodeJS.Timeout | undefined;
    const signalGroup = (name: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch {
        // All of it has ended.
      }
    };
    const end = (): void => {
      signalGroup('SIGTERM');
      clearTimeout(force);
      force = setTimeout(() => signalGroup('SIGKILL'), END_WITHIN_MS);
    };
    const keep = (data: unknown): void => {
      output = `${output}${String(data)}`.slice(-keptOutput);
    };
    const take = (data: Buffer): void => {
      const isFull = answerBytes > mostAnswerBytes;
      answerBytes += data.length;
      if (answerBytes <= mostAnswerBytes) answer.push(data);
      else if (!isFull) end();
    };
    const finish = (failure: Error | null): void => {
      clearTimeout(force);
      clearTimeout(letGo);
      // What it has left running.
      signalGroup('SIGKILL');
      signal.removeEventListener('abort', end);
      if (output !== '') printed(output);
      answered?.(Buffer.concat(answer).toString());
      if (failure === null) resolve();
      else reject(failure);
    };
    child.stdout.on('data', answered === undefined ? keep : take);
    child.stdout.once('end', () => {
      isWhole = true;
    });
    child.stderr.on('data', (data: Buffer) => {
      keep(data);
      heard?.(data.toString());
    });
    // A program that does not read its input is no failure.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    signal.addEventListener('abort', end, { once: true });
    child.once('error', (error) => finish(new Error(`it could not be started: ${error.message}`)));
    // Something it has started outside its group may hold its outputs open for ever.
    child.once('exit', () => {
      letGo = setTimeout(
        // A daemon that was busy for as long has not read yet what is there: that comes before the next immediate.
        () =>
          setImmediate(() => {
            child.stdout.destroy();
            child.stderr.destroy();
          }),
        OUTPUTS_CLOSE_WITHIN_MS,
      );
    });
    child.once('close', (code, killedBy) => {
      if (notStarted !== '') finish(new Error(`it could not be started: ${notStarted}`));
      else if (signal.aborted) finish(new Error('it did not end in time'));
      else if (answerBytes > mostAnswerBytes)
        finish(new Error(`it answered with more than ${mostAnswerBytes} bytes`));
      else if (answered !== undefined && !isWhole) finish(new Error('its answer was cut off'));
      else if (code === 0) finish(null);
      else {
        if (code !== null) ended?.(code);
        finish(new Error(`it ended with ${killedBy === null ? `status ${code}` : killedBy}`));
      }
    });
  });
}
