import path from 'node:path';
import type { MissionDatabase } from '../../db/open.ts';
import { redactTokens } from '../../db/redact-tokens.ts';
import { createTranscriptLister } from '../../services/conversations/list-transcripts.ts';
import { createTranscriptReader } from '../../services/conversations/read-transcripts.ts';
import type { StartIngest } from '../../services/conversations/start-ingest.ts';
import { createMessageIndex } from '../../services/ledger/message-index.ts';
import { createTranscriptLedger } from '../../services/ledger/transcript-ledger.ts';

/** Reads what lies below `<directory>/.claude` when it is asked to look, in this thread: a database in memory has no other. */
export function startIngestHere(db: MissionDatabase, directory: string): StartIngest {
  const reader = createTranscriptReader(createTranscriptLedger(db), redactTokens);
  const index = createMessageIndex(db);
  const lister = createTranscriptLister(() => Date.now());
  return ({ heard }) => ({
    look() {
      const files = lister.list([path.join(directory, '.claude')]);
      let bytesRead = 0;
      for (const file of files)
        for (let { bytes } = reader.step(file.path); bytes > 0; { bytes } = reader.step(file.path))
          bytesRead += bytes;
      while (index.followUp());
      const progress = {
        phase: 'following' as const,
        files: files.length,
        bytesRead,
        bytesTotal: bytesRead,
        bytesPerSecond: 0,
      };
      heard({ type: 'progress', progress });
    },
    learn() {},
    async close() {},
  });
}
