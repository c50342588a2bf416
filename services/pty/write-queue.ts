import { hasCode } from '../errors/system-error.ts';

/**
 * The kernel takes about 4 KB of input until the program reads. Its free space cannot be waited for by an event,
 * so it is tried again, at first soon: a program that reads takes 60,000 characters in well under 100 ms.
 */
const FIRST_RETRY_MS = 1;
/** A program that does not read at all costs no more than 20 tries a second. */
const LAST_RETRY_MS = 50;
/** One write to the kernel; more is never taken at once. */
const CHUNK_BYTES = 4_096;
/** Many prompts at once; a program that has not read so much is not going to. */
const MOST_QUEUED_BYTES = 16 * 1024 * 1024;

interface Job {
  readonly bytes: Buffer;
  offset: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface WriteQueue {
  /** Resolves when the kernel took all of it; rejects when the queue was closed before, or is full. */
  write(data: string): Promise<void>;
  /** Nothing more is written; what waits is rejected with the reason. */
  close(reason: Error): void;
}

/**
 * Input of one terminal, in the order of the calls, as fast as the program reads it.
 * node-pty has a queue too, but it does not tell when it is done, and spins while the program does not read.
 * @param put writes to the non-blocking descriptor and returns how many bytes were taken; throws EAGAIN when it is full
 */
export function createWriteQueue(put: (bytes: Buffer) => number): WriteQueue {
  let jobs: Job[] = [];
  let queued = 0;
  let retry: NodeJS.Timeout | undefined;
  let retryMs = FIRST_RETRY_MS;
  let closed: Error | undefined;

  function close(reason: Error): void {
    closed ??= reason;
    clearTimeout(retry);
    retry = undefined;
    const waiting = jobs;
    jobs = [];
    queued = 0;
    for (const { reject } of waiting) reject(reason);
  }

  function drain(): void {
    retry = undefined;
    for (let job = jobs[0]; job !== undefined; job = jobs[0]) {
      try {
        const taken = put(job.bytes.subarray(job.offset, job.offset + CHUNK_BYTES));
        job.offset += taken;
        queued -= taken;
        if (taken > 0) retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (!hasCode(error, 'EAGAIN')) {
          close(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        retry = setTimeout(drain, retryMs);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
        return;
      }
      if (job.offset >= job.bytes.length) {
        jobs.shift();
        job.resolve();
      }
    }
  }

  return {
    write(data) {
      if (closed !== undefined) return Promise.reject(closed);
      const bytes = Buffer.from(data, 'utf8');
      if (bytes.length === 0) return Promise.resolve();
      if (queued + bytes.length > MOST_QUEUED_BYTES) {
        return Promise.reject(new Error('The program in the terminal does not read what is typed.'));
      }
      queued += bytes.length;
      return new Promise((resolve, reject) => {
        jobs.push({ bytes, offset: 0, resolve, reject });
        if (retry === undefined && jobs.length === 1) drain();
      });
    },
    close,
  };
}
