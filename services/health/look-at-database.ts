import type { OpenDatabase } from '../../db/open.ts';

export interface DatabaseFacts {
  readonly ms: number;
  readonly bytes: number;
  readonly sqlite: string;
  /** How many migrations it has. */
  readonly schema: number;
}

type RawDatabase = OpenDatabase['raw'];

/** Those without which nothing can be said of any task; a look at all of a large database takes minutes. */
const CORE_TABLES = ['tasks', 'deliveries', 'attempts', 'slots', 'questions'] as const;

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

/**
 * Writes to the database, reads that back, and checks the tables that hold tasks.
 * @throws Error when it does not do what it should
 */
export function lookAtDatabase(raw: RawDatabase): DatabaseFacts {
  const began = performance.now();
  // A field of its header that nothing else uses: a whole commit that leaves no row behind.
  const mark = (numberOf(raw.pragma('user_version', { simple: true })) + 1) % 2 ** 31;
  raw.pragma(`user_version = ${mark}`);
  if (raw.pragma('user_version', { simple: true }) !== mark) throw new Error('what was written is not there');
  for (const table of CORE_TABLES) {
    const said = raw.pragma(`quick_check('${table}')`, { simple: true });
    if (said !== 'ok') throw new Error(`${table}: ${String(said).slice(0, 300)}`);
  }
  const bytes =
    numberOf(raw.pragma('page_count', { simple: true })) *
    numberOf(raw.pragma('page_size', { simple: true }));
  return {
    ms: Math.round(performance.now() - began),
    bytes,
    sqlite: String(raw.prepare('select sqlite_version()').pluck().get()),
    schema: numberOf(raw.prepare('select count(*) from __drizzle_migrations').pluck().get()),
  };
}
