import { open } from 'node:fs/promises';
import { parseTranscriptLine } from './transcript-line.ts';

/** Of a transcript of megabytes only the end can hold what was said last. */
const READ_BYTES = 128 * 1024;

/**
 * What the agent said last since the last prompt, from the end of its transcript: for versions of Claude Code that have
 * no hook for it (before 2.1.300). Null when it has said nothing, or much has followed since.
 */
export async function readLastWords(file: string): Promise<string | null> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - READ_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    // The first line may be cut, and reads as none.
    for (const line of buffer.toString('utf8', 0, bytesRead).split('\n').reverse()) {
      const fact = parseTranscriptLine(line);
      if (fact?.kind === 'prompt' || fact?.kind === 'interrupted') return null;
      const words = fact?.kind === 'assistant' ? fact.texts.at(-1)?.trim() : undefined;
      if (words !== undefined && words !== '') return words;
    }
    return null;
  } finally {
    await handle.close();
  }
}
