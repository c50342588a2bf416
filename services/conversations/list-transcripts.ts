import { type Dirent, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** A transcript as it lies on the disk. */
export interface FoundTranscript {
  readonly path: string;
  /** `device:inode`. */
  readonly identity: string;
  readonly size: number;
  /** Epoch milliseconds. */
  readonly changedAt: number;
}

/** Claude Code keeps other things below `projects`, too. */
const NO_TRANSCRIPTS: ReadonlySet<string> = new Set(['tool-results', 'session-memory', 'memory']);

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // Not there yet, gone again, or not for us to read.
    return [];
  }
}

function look(file: string): readonly FoundTranscript[] {
  try {
    const { dev, ino, size, mtimeMs } = statSync(file, { bigint: true });
    return [{ path: file, identity: `${dev}:${ino}`, size: Number(size), changedAt: Number(mtimeMs) }];
  } catch {
    return [];
  }
}

function below(folder: string): readonly FoundTranscript[] {
  return entriesOf(folder).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    // Links are not followed: nothing outside is read, and nothing goes round in circles.
    if (entry.isDirectory()) return NO_TRANSCRIPTS.has(entry.name) ? [] : below(place);
    return entry.isFile() && entry.name.endsWith('.jsonl') ? look(place) : [];
  });
}

/**
 * Every transcript that Claude Code keeps in a configuration directory.
 * @param configDirectory `CLAUDE_CONFIG_DIR`, or `~/.claude`
 */
export function listTranscripts(configDirectory: string): readonly FoundTranscript[] {
  return below(path.join(configDirectory, 'projects'));
}
