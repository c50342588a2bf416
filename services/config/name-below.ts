import path from 'node:path';

/** The name of a place below a folder; empty for the folder itself, null for what does not lie there. */
export function nameBelow(folder: string, place: string): string | null {
  const name = path.relative(folder, place);
  return name === '..' || name.startsWith('../') ? null : name;
}
