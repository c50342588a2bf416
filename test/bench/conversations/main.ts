import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spread } from '../spread.ts';
import { measureBackfill } from './backfill.ts';
import { measureIngest } from './ingest.ts';
import { measureSearch } from './search.ts';

const MEGABYTES_READ = 400;
const MESSAGES = 1_000_000;
const MEGABYTES_OF_A_HISTORY = 1_024;

/**
 * Reading transcripts, searching what they say, and what the daemon notices of it; on generated data, which is removed.
 * @param share of the usual amounts
 */
export async function benchConversations(share: number): Promise<object> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-bench-'));
  try {
    const ingest = measureIngest(folder, MEGABYTES_READ * share);
    const { kinds, ...search } = measureSearch(folder, MESSAGES * share);
    const { submitMs, ...backfill } = await measureBackfill(folder, MEGABYTES_OF_A_HISTORY * share);
    return {
      ingest,
      search: {
        ...search,
        query_ms: Object.fromEntries(Object.entries(kinds).map(([kind, times]) => [kind, spread(times)])),
      },
      backfill: { ...backfill, submit_ms: spread(submitMs) },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
