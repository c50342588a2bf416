import { watch } from 'node:fs';
import path from 'node:path';
import { openLog } from './last-lines.ts';

const CHUNK_BYTES = 64 * 1024;

/**
 * The last lines of a log, then what is written to it, line by line, until `signal` is aborted. A log that is put aside,
 * or not there yet, is followed into the one that takes its name.
 */
export async function* followLog(
  file: string,
  lastLines: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let wake = (): void => {};
  let changed = false;
  const watcher = watch(path.dirname(file), { signal }, (_, name) => {
    if (name !== path.basename(file)) return;
    changed = true;
    wake();
  });
  watcher.on('error', () => {});
  const stopped = (): void => wake();
  signal.addEventListener('abort', stopped, { once: true });
  let handle = await openLog(file);
  let identity = handle === null ? null : (await handle.stat()).ino;
  let offset = 0;
  let half = '';
  const decoder = new TextDecoder();

  async function* read(): AsyncGenerator<string> {
    if (handle === null) return;
    for (;;) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, offset);
      if (bytesRead === 0) return;
      offset += bytesRead;
      const lines = (half + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
      half = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '');
    }
  }

  async function last(): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const line of read()) {
      lines.push(line);
      if (lines.length > lastLines) lines.shift();
    }
    return lines;
  }

  try {
    yield* await last();
    while (!signal.aborted) {
      yield* read();
      const next = await openLog(file);
      const nextIdentity = next === null ? null : (await next.stat()).ino;
      if (next !== null && nextIdentity !== identity) {
        // The last that was written before it was put aside.
        yield* read();
        await handle?.close();
        [handle, identity, offset, half] = [next, nextIdentity, 0, ''];
        continue;
      }
      await next?.close();
      if (!changed && !signal.aborted)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      changed = false;
    }
  } finally {
    signal.removeEventListener('abort', stopped);
    watcher.close();
    await handle?.close();
  }
}
