import { constants, type FileHandle, open } from 'node:fs/promises';
import { withOlderLogs } from './log-rotation.ts';

/** The longest lines fit many times over; the whole of an old log would not fit into the daemon. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Opens a log to be read. A link or a pipe in its place is no log of ours.
 * @returns null when there is none
 */
export async function openLog(file: string): Promise<FileHandle | null> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => null);
  if (handle === null || (await handle.stat()).isFile()) return handle;
  await handle.close();
  return null;
}

async function linesOf(file: string): Promise<readonly string[]> {
  const handle = await openLog(file);
  if (handle === null) return [];
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - MOST_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    // The first one has lost its beginning.
    if (from > 0) lines.shift();
    return lines.filter((line) => line !== '');
  } finally {
    await handle.close();
  }
}

/** The last lines of a log and of what was put aside of it, as far as they lie in the last 4 MB of each. */
export async function lastLines(file: string, count: number): Promise<readonly string[]> {
  let lines: readonly string[] = [];
  for (const older of withOlderLogs(file)) {
    if (lines.length >= count) break;
    lines = [...(await linesOf(older)), ...lines];
  }
  return lines.slice(-count);
}
