import { lengthOfTranscript, readTurn, type TranscriptTurn, type TurnQuery } from './transcript.ts';

/** Reads the course of a turn as often as it is called; the file, which may be long, only when it has another length. */
export function readGrowingTurn(file: string, query: TurnQuery): () => Promise<TranscriptTurn> {
  let known: { readonly length: number; readonly turn: TranscriptTurn } | null = null;
  return async () => {
    // Before it is read: what is written meanwhile is another length the next time.
    const length = await lengthOfTranscript(file);
    if (known?.length !== length) known = { length, turn: await readTurn(file, query) };
    return known.turn;
  };
}
