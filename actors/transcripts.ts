import type { Epoch } from '../db/ids.ts';
import type { DeliveryRow } from '../services/ledger/task-ledger.ts';
import type { SlotRuntime } from './slot-runtime.ts';

/** What a transcript says of the turn that a prompt began. */
export interface TurnRecord {
  readonly found: boolean;
  readonly ended: boolean;
  readonly interrupted: boolean;
  /** The API error that ended it. */
  readonly error: string | null;
  readonly lastAssistantMessage: string | null;
}

/** A file and the byte from which on a turn is looked for in it. */
export interface TranscriptPlace {
  readonly path: string;
  readonly offset: number;
}

export interface TranscriptsDependencies {
  readonly runtimes: () => Iterable<SlotRuntime>;
  readonly readTurn: (place: TranscriptPlace, expected: string) => Promise<TurnRecord>;
  /** Length in bytes; 0 for a file that is not there yet. */
  readonly lengthOf: (path: string) => Promise<number>;
}

/** Claude Code's own record of a session, asked where no hook was heard. */
export interface Transcripts {
  /** Where the next turn of a session will be written. Null while no hook has named the file. */
  endOf(epoch: Epoch): Promise<TranscriptPlace | null>;
  /** The turn that a delivery began, and not one that an equal prompt began before it. Null when no file is known. */
  turnOf(delivery: DeliveryRow): Promise<TurnRecord | null>;
}

export function createTranscripts({ runtimes, readTurn, lengthOf }: TranscriptsDependencies): Transcripts {
  const pathOf = (epoch: Epoch): string | null =>
    [...runtimes()].find((runtime) => runtime.epoch === epoch)?.transcriptPath ?? null;

  return {
    async endOf(epoch) {
      const path = pathOf(epoch);
      return path === null ? null : { path, offset: await lengthOf(path) };
    },
    async turnOf({ epoch, expected, transcriptPath, transcriptOffset }) {
      // A run that has ended belongs to no slot any more; its file stays.
      const path = pathOf(epoch) ?? transcriptPath;
      if (path === null) return null;
      // Another file since: `/clear` began a new one, or the first hook named it.
      return readTurn({ path, offset: path === transcriptPath ? transcriptOffset : 0 }, expected);
    },
  };
}
