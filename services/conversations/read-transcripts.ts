import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { TaskListChange } from '../claude-tasks/listed-task.ts';
import type { TranscriptFileRow, TranscriptLedger } from '../ledger/transcript-ledger.ts';
import { prepareLines } from './prepared-lines.ts';
import { createLineReader, type LineLimits } from './read-lines.ts';

/** So many bytes before a place tell whether the file still is the one that was read. */
const TAIL_BYTES = 256;

export interface Step {
  /** Bytes that were read; 0 when nothing was left to read. */
  readonly bytes: number;
  /** Task lists of Claude Code's own that are not what they were. */
  readonly taskLists: readonly TaskListChange[];
}

const NOTHING: Step = { bytes: 0, taskLists: [] };

export interface TranscriptReader {
  /**
   * Reads a file on from where it was left, for one step: a few hundred lines, in one transaction with the place it came
   * to. A half line is left for the next time; a file that was truncated or replaced is begun anew, and what of it is
   * known already is not stored twice. A file that is not there is nothing.
   */
  step(file: string): Step;
}

function tailOf(descriptor: number, offset: number): string {
  const from = Math.max(0, offset - TAIL_BYTES);
  const bytes = Buffer.alloc(offset - from);
  const count = readSync(descriptor, bytes, 0, bytes.length, from);
  return createHash('sha1').update(bytes.subarray(0, count)).digest('hex');
}

function openFile(file: string): number | null {
  try {
    return openSync(file, 'r');
  } catch {
    // It has gone since it was listed, or is not for us to read.
    return null;
  }
}

/**
 * Reads transcripts into the database. Blocks: made for a thread of its own.
 * @param redact takes secrets out of a text
 */
export function createTranscriptReader(
  ledger: TranscriptLedger,
  redact: (text: string) => string,
  limits?: LineLimits,
): TranscriptReader {
  const reader = createLineReader(limits);

  /** The row of a file that is opened: it may be another file by now. */
  function rowOf(file: string, descriptor: number): TranscriptFileRow {
    const { dev, ino, size } = fstatSync(descriptor, { bigint: true });
    const stored = ledger.file(`${dev}:${ino}`, file);
    const row = stored.path === file ? stored : ledger.move(stored, file);
    const isAnother =
      Number(size) < row.offset || (row.offset > 0 && tailOf(descriptor, row.offset) !== row.tail);
    return isAnother ? ledger.beginAnew(row) : row;
  }

  return {
    step(file) {
      const descriptor = openFile(file);
      if (descriptor === null) return NOTHING;
      try {
        const row = rowOf(file, descriptor);
        const { lines, place, tooLong } = reader.read(descriptor, row);
        const bytes = place.offset - row.offset;
        if (bytes === 0) return NOTHING;
        const tail = tailOf(descriptor, place.offset);
        const taskLists = ledger.write(row, { ...prepareLines(lines, redact), place, tail, tooLong });
        return { bytes, taskLists };
      } finally {
        closeSync(descriptor);
      }
    },
  };
}
