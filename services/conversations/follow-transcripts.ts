import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IngestProgress } from './ingest-progress.ts';
import type { IndexKeeping } from './keep-index.ts';
import type { FoundTranscript } from './list-transcripts.ts';
import type { TranscriptReader } from './read-transcripts.ts';

/** What a person sees of a conversation is this old at most. */
const LOOK_EVERY_MS = 1_000;
/** While much is read, what is being written is looked for so often. */
const LOOK_WHILE_READING_MS = 3_000;
/** A file that could not be read (a full disk, a locked database) is tried again after this. */
const AGAIN_MS = 2_000;
const TELL_EVERY_MS = 500;
/** A file that changed within this is a conversation that goes on: it is read before the old ones. */
const GOES_ON_MS = 60_000;
/** More than this is a back-fill, and told of. */
const MUCH_BYTES = 4 * 1024 * 1024;

export interface FollowDependencies {
  readonly list: () => readonly FoundTranscript[];
  /** How far files were read, by identity. */
  readonly offsets: () => ReadonlyMap<string, number>;
  readonly reader: TranscriptReader;
  readonly index: IndexKeeping;
  readonly tell: (progress: IngestProgress) => void;
  /** Called with what keeps it from reading, each time that it tries, and with null when it reads again. */
  readonly problem: (error: unknown) => void;
  /** Waits, or until somebody asks to look at once. */
  readonly pause: (ms: number) => Promise<void>;
  /** Called while there is nothing to read: true when it has more to do. */
  readonly keepHouse: () => boolean;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** One reading of everything that is behind, from the first look until nothing is left. */
interface Reading {
  readonly startedAt: number;
  bytesRead: number;
  bytesTotal: number;
  toldAt: number;
}

const markOf = ({ identity, size, changedAt }: FoundTranscript): string => `${identity} ${size} ${changedAt}`;

/**
 * Reads all transcripts, then what is added to them, until told to stop. Files of conversations that go on come first,
 * then the oldest ones. What was read is known by the database, so it may end at any moment and be begun again.
 */
export async function followTranscripts({
  list,
  offsets,
  reader,
  index,
  tell,
  problem,
  pause,
  keepHouse,
  now,
  signal,
}: FollowDependencies): Promise<void> {
  /** How each file looked when it had been read to its end. */
  const settled = new Map<string, string>();
  let reading: Reading | null = null;
  let isKept = false;

  function report(current: Reading, files: number, phase: 'reading' | 'following'): void {
    const seconds = Math.max(1, now() - current.startedAt) / 1_000;
    const { bytesRead, bytesTotal } = current;
    tell({ phase, files, bytesRead, bytesTotal, bytesPerSecond: bytesRead / seconds });
  }

  /** What has to be read, in the order in which it is. */
  function behind(found: readonly FoundTranscript[]): readonly FoundTranscript[] {
    const at = now();
    const goesOn = ({ changedAt }: FoundTranscript): boolean => at - changedAt < GOES_ON_MS;
    return found
      .filter((file) => settled.get(file.path) !== markOf(file))
      .sort((a, b) => Number(goesOn(b)) - Number(goesOn(a)) || a.changedAt - b.changedAt);
  }

  function begin(waiting: readonly FoundTranscript[]): Reading {
    const known = offsets();
    const left = waiting.reduce(
      (sum, { identity, size }) => sum + Math.max(0, size - (known.get(identity) ?? 0)),
      0,
    );
    const current = reading ?? { startedAt: now(), bytesRead: 0, bytesTotal: 0, toldAt: 0 };
    current.bytesTotal = current.bytesRead + left;
    return current;
  }

  /** False when it is time to look around again. */
  async function readOn(
    file: FoundTranscript,
    current: Reading,
    files: number,
    until: number,
  ): Promise<boolean> {
    for (;;) {
      const { bytes } = reader.step(file.path);
      current.bytesRead += bytes;
      index.read(bytes);
      if (bytes === 0) settled.set(file.path, markOf(file));
      if (now() - current.toldAt > TELL_EVERY_MS && current.bytesTotal > MUCH_BYTES) {
        current.toldAt = now();
        report(current, files, 'reading');
      }
      // Whoever has something to say to this thread is heard.
      await nextTurn();
      if (signal.aborted || now() > until) return false;
      if (bytes === 0) return true;
    }
  }

  async function round(): Promise<boolean> {
    const found = list();
    const waiting = behind(found);
    if (waiting.length === 0) {
      if (!index.isComplete()) return false;
      if (reading !== null) report(reading, found.length, 'following');
      reading = null;
      return true;
    }
    reading = begin(waiting);
    const until = now() + LOOK_WHILE_READING_MS;
    for (const file of waiting) if (!(await readOn(file, reading, found.length, until))) return false;
    return false;
  }

  tell({ phase: 'starting', files: 0, bytesRead: 0, bytesTotal: 0, bytesPerSecond: 0 });
  while (!signal.aborted) {
    try {
      const isRead = await round();
      if (isKept) problem(null);
      isKept = false;
      if (isRead && !index.tidy() && !keepHouse()) await pause(LOOK_EVERY_MS);
      else await nextTurn();
    } catch (error) {
      isKept = true;
      problem(error);
      await pause(AGAIN_MS);
    }
  }
}
