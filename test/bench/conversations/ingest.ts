import path from 'node:path';
import { openDatabase } from '../../../db/open.ts';
import { redactTokens } from '../../../db/redact-tokens.ts';
import { createIndexKeeping } from '../../../services/conversations/keep-index.ts';
import { createTranscriptLister } from '../../../services/conversations/list-transcripts.ts';
import { createTranscriptReader } from '../../../services/conversations/read-transcripts.ts';
import { createMessageIndex } from '../../../services/ledger/message-index.ts';
import { createTranscriptLedger } from '../../../services/ledger/transcript-ledger.ts';
import { writeTranscripts } from './generate.ts';

const MEGABYTE = 1024 * 1024;

export interface IngestSpeed {
  readonly megabytes: number;
  readonly megabytesPerSecond: number;
  /** On a machine that others use, too. */
  readonly megabytesPerCpuSecond: number;
  readonly messages: number;
  readonly longestStepMs: number;
  /** Of putting the index in order, after all can be found. */
  readonly mergeSeconds: number;
}

/** How fast transcripts are read into a database on the disk, by one thread that does nothing else. */
export function measureIngest(folder: string, megabytes: number): IngestSpeed {
  const configDirectory = path.join(folder, 'claude');
  writeTranscripts(configDirectory, megabytes * MEGABYTE);
  const database = openDatabase(path.join(folder, 'ingest.db'));
  try {
    database.raw.pragma('wal_autocheckpoint = 2000');
    database.raw.pragma('cache_size = -65536');
    const reader = createTranscriptReader(createTranscriptLedger(database.db), redactTokens);
    const index = createIndexKeeping(createMessageIndex(database.db));
    let bytes = 0;
    let longestStepMs = 0;
    const begun = performance.now();
    const usedBefore = process.cpuUsage();
    for (const file of createTranscriptLister(() => Date.now()).list([configDirectory])) {
      for (;;) {
        const from = performance.now();
        const step = reader.step(file.path);
        index.read(step.bytes);
        longestStepMs = Math.max(longestStepMs, performance.now() - from);
        if (step.bytes === 0) break;
        bytes += step.bytes;
      }
    }
    while (!index.isComplete());
    const seconds = (performance.now() - begun) / 1_000;
    const { user, system } = process.cpuUsage(usedBefore);
    const cpuSeconds = (user + system) / 1e6;
    const merging = performance.now();
    while (index.tidy());
    const mergeSeconds = (performance.now() - merging) / 1_000;
    const messages = Number(database.raw.prepare('select count(*) from conversation_messages').pluck().get());
    return {
      megabytes: bytes / MEGABYTE,
      megabytesPerSecond: bytes / MEGABYTE / seconds,
      megabytesPerCpuSecond: bytes / MEGABYTE / cpuSeconds,
      messages,
      longestStepMs,
      mergeSeconds,
    };
  } finally {
    database.close();
  }
}
