import { randomUUID } from 'node:crypto';
import { toFailure } from '../../services/errors/mission-error.ts';
import { type ImportFormat, type ImportRow, importRows } from '../../services/knowledge/import-rows.ts';
import type { Knowledge } from './api.ts';

/** What became of one row. */
export interface ImportedRow {
  readonly place: string;
  readonly key?: string;
  readonly action: 'created' | 'updated' | 'unchanged' | 'proposed' | 'refused';
  /** Why it was refused, or what it is like. */
  readonly why?: string;
}

export interface Imported {
  readonly rows: readonly ImportedRow[];
  /** With which all of it can be undone. */
  readonly batch: string;
}

/** Rows that are remembered between two turns of the event loop. */
const AT_ONCE = 50;

function remember(
  knowledge: Knowledge,
  row: ImportRow,
  file: string,
  by: string,
  batch: string,
): ImportedRow {
  const { place } = row;
  if ('problem' in row) return { place, action: 'refused', why: row.problem };
  const { key } = row.entry;
  try {
    const { action, similar } = knowledge.remember(
      { ...row.entry, source: 'import' },
      { by, batch, origin: { file } },
    );
    return {
      place,
      key,
      action,
      ...(similar === undefined ? {} : { why: `much like "${similar.entry.key}"` }),
    };
  } catch (error) {
    return { place, key, action: 'refused', why: toFailure(error).message };
  }
}

/**
 * Remembers what a file or a folder holds, and says of each row what became of it.
 * @throws MissionError `input_invalid` when it cannot be read at all
 */
export async function importKnowledge(
  knowledge: Knowledge,
  { format, file, by }: { readonly format: ImportFormat; readonly file: string; readonly by: string },
): Promise<Imported> {
  const batch = randomUUID();
  const rows: ImportedRow[] = [];
  for (const row of importRows(format, file)) {
    rows.push(remember(knowledge, row, file, by, batch));
    if (rows.length % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { rows, batch };
}
