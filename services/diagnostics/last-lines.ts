import { constants, open } from 'node:fs/promises';

/** The longest lines fit many times over; the whole of an old log would not fit into the daemon. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * The last lines of a log, as far as they lie in its last 4 MB. A link or a pipe in its place is no log of ours, and one
 * that is not there holds nothing.
 */
export async function lastLines(file: string, count: number): Promise<readonly string[]> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => null);
  if (handle === null) return [];
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return [];
    const from = Math.max(0, stat.size - MOST_BYTES);
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(stat.size - from),
      0,
      stat.size - from,
      from,
    );
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    // The first one has lost its beginning.
    if (from > 0) lines.shift();
    return lines.filter((line) => line !== '').slice(-count);
  } finally {
    await handle.close();
  }
}
