import type { TranscriptLedger } from '../ledger/transcript-ledger.ts';
import type { FoundTranscript, TranscriptLister } from './list-transcripts.ts';
import { placeOfTranscript } from './transcript-place.ts';

export interface Sources {
  /** Where the person's own Claude Code keeps its files. */
  readonly personDirectory: string | null;
  /** Whether the person's own conversations are read, or those of slots only. */
  readonly readPerson: boolean;
}

/** The transcripts of the person and of every slot that ever ran, as far as they may be read. */
export function listSources(
  { personDirectory, readPerson }: Sources,
  ledger: Pick<TranscriptLedger, 'configDirectories' | 'sessionsOfSlots'>,
  lister: Pick<TranscriptLister, 'list'>,
  withheldSlots: ReadonlySet<string>,
): readonly FoundTranscript[] {
  const directories = new Set(ledger.configDirectories());
  if (personDirectory !== null) directories.add(personDirectory);
  // The same directory may be named in two ways.
  const found = [...new Map(lister.list(directories).map((file) => [file.identity, file])).values()];
  if (readPerson && withheldSlots.size === 0) return found;
  // A slot may share the directory of the person.
  const slots = ledger.sessionsOfSlots();
  return found.filter(({ path }) => {
    const { sessionId } = placeOfTranscript(path);
    // Of some older subagents only their lines say whose they are.
    if (sessionId === null) return readPerson && withheldSlots.size === 0;
    const slotId = slots.get(sessionId);
    return slotId === undefined ? readPerson : !withheldSlots.has(slotId);
  });
}
