import { statSync } from 'node:fs';

export interface FileMark {
  /** Another one for another file, other content, or others who may read it. */
  readonly text: string;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

/**
 * By what a file is known to have changed; null when there is none.
 * @throws what `node:fs` throws when its folder cannot be looked into
 */
export function fileMark(file: string): FileMark | null {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
  if (stat === undefined) return null;
  const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs, mode, uid } = stat;
  // Times go by the ticks of the kernel's clock: the mode may have changed twice within one.
  const text = [dev, ino, size, mtimeNs, ctimeNs, mode, uid].join(':');
  return { text, modifiedAt: Number(mtimeMs) };
}
