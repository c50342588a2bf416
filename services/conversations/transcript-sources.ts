import type { TranscriptLedger } from '../ledger/transcript-ledger.ts';
import type { FoundTranscript, TranscriptLister } from './list-transcripts.ts';
import { placeOfTranscript } from './transcript-place.ts';

export interface Sources {
  /** Where the person's own Claude Code keeps its files. */
  readonly personDirectory: string | null;
  /** Whether the person's own conversations are read, or those of slots only. */
  readonly readPerson: boolean;
}

/** Where Claude Code keeps its files: the person's, and those of every slot that ever ran. */
export function directoriesOf(
  { personDirectory }: Sources,
  ledger: Pick<TranscriptLedger, 'configDirectories'>,
): ReadonlySet<string> {
  const directories = new Set(ledger.configDirectories());
  if (personDirectory !== null) directories.add(personDirectory);
  return directories;
}

/** Whether the files of a session may be read; null for one of which only its lines say whose it is. */
export function createMayRead(
  { readPerson }: Sources,
  ledger: Pick<TranscriptLedger, 'sessionsOfSlots'>,
  withheldSlots: ReadonlySet<string>,
): (sessionId: string | null) => boolean {
  if (readPerson && withheldSlots.size === 0) return () => true;
  // A slot may share the directory of the person.
  const slots = ledger.sessionsOfSlots();
  return (sessionId) => {
    // It may be anybody's.
    if (sessionId === null) return readPerson && withheldSlots.size === 0;
    const slotId = slots.get(sessionId);
    return slotId === undefined ? readPerson : !withheldSlots.has(slotId);
  };
}

/** The transcripts of the person and of every slot that ever ran, as far as they may be read. */
export function listSources(
  sources: Sources,
  ledger: Pick<TranscriptLedger, 'configDirectories' | 'sessionsOfSlots'>,
  lister: Pick<TranscriptLister, 'list'>,
  withheldSlots: ReadonlySet<string>,
): readonly FoundTranscript[] {
  const listed = lister.list(directoriesOf(sources, ledger));
  // The same directory may be named in two ways.
  const found = [...new Map(listed.map((file) => [file.identity, file])).values()];
  const mayRead = createMayRead(sources, ledger, withheldSlots);
  // Of some older subagents only their lines say whose they are.
  return found.filter(({ path }) => mayRead(placeOfTranscript(path).sessionId));
}
