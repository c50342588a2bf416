import { readdirSync, statSync } from 'node:fs';
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

/** What a folder holds, as long as it is not changed. */
interface Folder {
  readonly changedAt: bigint;
  readonly transcripts: readonly string[];
  readonly folders: readonly string[];
}

/** Claude Code keeps other things below `projects`, too. */
const NO_TRANSCRIPTS: ReadonlySet<string> = new Set(['tool-results', 'session-memory', 'memory']);
/** A conversation that has rested for so long is looked at with the others, now and then: a history has thousands. */
const RESTS_AFTER_MS = 24 * 60 * 60_000;
const LOOK_AT_ALL_EVERY_MS = 60_000;
/** A folder that was changed so short a time ago may change again within the same tick of its clock. */
const CLOCK_TICK_MS = 2_000;

/**
 * Finds the transcripts that Claude Code keeps in a configuration directory, again and again: a folder is read when it
 * has changed, and a conversation that rests is looked at once a minute. Links are not followed: nothing outside is
 * read, and nothing goes round in circles.
 */
export function createTranscriptLister(now: () => number) {
  const folders = new Map<string, Folder>();
  const known = new Map<string, FoundTranscript>();
  let allLookedAt = Number.NEGATIVE_INFINITY;

  function read(folder: string): Folder | null {
    try {
      const { mtimeNs, mtimeMs } = statSync(folder, { bigint: true });
      const before = folders.get(folder);
      if (before?.changedAt === mtimeNs && now() - Number(mtimeMs) > CLOCK_TICK_MS) return before;
      const entries = readdirSync(folder, { withFileTypes: true });
      const found = {
        changedAt: mtimeNs,
        transcripts: entries.flatMap((entry) =>
          entry.isFile() && entry.name.endsWith('.jsonl') ? [path.join(folder, entry.name)] : [],
        ),
        folders: entries.flatMap((entry) =>
          entry.isDirectory() && !NO_TRANSCRIPTS.has(entry.name) ? [path.join(folder, entry.name)] : [],
        ),
      };
      folders.set(folder, found);
      return found;
    } catch {
      // Not there yet, gone again, or not for us to read.
      folders.delete(folder);
      return null;
    }
  }

  function look(file: string, isFull: boolean): readonly FoundTranscript[] {
    const before = known.get(file);
    if (before !== undefined && !isFull && now() - before.changedAt > RESTS_AFTER_MS) return [before];
    try {
      const { dev, ino, size, mtimeMs } = statSync(file, { bigint: true });
      const found = { path: file, identity: `${dev}:${ino}`, size: Number(size), changedAt: Number(mtimeMs) };
      known.set(file, found);
      return [found];
    } catch {
      known.delete(file);
      return [];
    }
  }

  function below(folder: string, isFull: boolean): readonly FoundTranscript[] {
    const found = read(folder);
    if (found === null) return [];
    return [
      ...found.transcripts.flatMap((file) => look(file, isFull)),
      ...found.folders.flatMap((inner) => below(inner, isFull)),
    ];
  }

  return {
    /** @param directories each `CLAUDE_CONFIG_DIR`, or `~/.claude` */
    list(directories: Iterable<string>): readonly FoundTranscript[] {
      const isFull = now() - allLookedAt > LOOK_AT_ALL_EVERY_MS;
      if (isFull) allLookedAt = now();
      return [...directories].flatMap((directory) => below(path.join(directory, 'projects'), isFull));
    },
    /** Looks at all of them the next time. */
    lookAtAll(): void {
      allLookedAt = Number.NEGATIVE_INFINITY;
    },
  };
}

export type TranscriptLister = ReturnType<typeof createTranscriptLister>;
