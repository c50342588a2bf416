import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Enough to show what is usual and what is not; a few hundred kilobytes at most. */
const KEPT_SNAPSHOTS = 40;

export interface SnapshotRing {
  /** Adds a JSON value and forgets the oldest. */
  add(name: string, value: unknown): Promise<void>;
}

const inOrder = (files: readonly string[]): readonly string[] =>
  files.filter((file) => file.endsWith('.json')).sort();

/** The last snapshots of a folder, each a file of its own that only its owner may read. The oldest make room. */
export function createSnapshotRing(folder: string, now: () => number): SnapshotRing {
  let sequence = 0;
  let last = Promise.resolve();

  async function write(name: string, value: unknown): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    sequence += 1;
    const order = `${new Date(now()).toISOString().replace(/[:.]/g, '-')}-${String(sequence).padStart(6, '0')}`;
    const file = path.join(folder, `${order}-${name.replace(/[^\w.-]/g, '_')}.json`);
    await writeFile(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    const files = inOrder(await readdir(folder));
    for (const old of files.slice(0, Math.max(0, files.length - KEPT_SNAPSHOTS)))
      await rm(path.join(folder, old), { force: true });
  }

  return {
    add(name, value) {
      const next = last.then(() => write(name, value));
      last = next.catch(() => {});
      return next;
    },
  };
}

/** What a ring holds, oldest first, as text; a folder that is not there holds nothing. */
export async function readSnapshots(
  folder: string,
): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const files = await readdir(folder).catch(() => []);
  return Promise.all(
    inOrder(files).map(async (file) => ({ file, text: await readFile(path.join(folder, file), 'utf8') })),
  );
}
