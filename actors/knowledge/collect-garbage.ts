import { randomUUID } from 'node:crypto';
import { similarity, wordsOf } from '../../services/knowledge/similarity.ts';
import { type KnowledgeSettings, staleAt, tierOf } from '../../services/knowledge/tiers.ts';
import type { KnowledgeLedger, KnowledgeRow } from '../../services/ledger/knowledge-ledger.ts';
import type { KnowledgeSearch } from '../../services/ledger/knowledge-search.ts';
import type { KnowledgeEntry } from './knowledge-views.ts';
import { entryView } from './knowledge-views.ts';

const DAY_MS = 24 * 60 * 60_000;
/** What is forgotten can be taken back for so long. */
const FORGOTTEN_FOR_DAYS = 30;
const PAGE = 500;
const MOST_COMPARED = 20;
const MOST_SHOWN = 20;
/** Entries that share so many of their words are shown as duplicates. */
const DUPLICATE = 0.6;
/** Those that say the very same are forgotten by `clean_duplicates`; what is only alike is for somebody to decide. */
const SAME = 0.95;

export interface DuplicatePair {
  readonly keep: KnowledgeEntry;
  readonly other: KnowledgeEntry;
  readonly similarity: number;
}

export interface KnowledgeStats {
  readonly total: number;
  readonly neverAccessed: number;
  readonly mostAccessed: readonly KnowledgeEntry[];
  readonly oldest?: KnowledgeEntry;
  readonly categories: Readonly<Record<string, number>>;
}

export interface Cleaned {
  readonly entries: readonly KnowledgeEntry[];
  /** With which it can be undone; absent where nothing was done. */
  readonly batch?: string;
}

export interface CollectorDependencies {
  readonly ledger: KnowledgeLedger;
  readonly search: KnowledgeSearch;
  readonly settings: KnowledgeSettings;
  readonly now: () => number;
}

/** Finds and forgets what is stale or said twice. What is forgotten can be undone for 30 days. */
export function createCollector({ ledger, search, settings, now }: CollectorDependencies) {
  function* all(): Generator<KnowledgeRow> {
    let after = 0;
    for (;;) {
      const rows = ledger.after(after, PAGE);
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.number;
    }
  }

  /** With `days`, also what nobody has used for so long, unless it is kept always. */
  function isStale(row: KnowledgeRow, days: number | undefined): boolean {
    const at = staleAt(row, settings);
    if (at !== null && at <= now()) return true;
    if (days === undefined || tierOf(row.category, settings) === 'always') return false;
    return Math.max(row.updatedAt, row.lastAccessedAt ?? 0) <= now() - days * DAY_MS;
  }

  const stale = (days: number | undefined): readonly KnowledgeRow[] =>
    [...all()].filter((row) => isStale(row, days));

  function better(a: KnowledgeRow, b: KnowledgeRow): readonly [KnowledgeRow, KnowledgeRow] {
    const isFirst =
      a.accessCount !== b.accessCount ? a.accessCount > b.accessCount : a.updatedAt >= b.updatedAt;
    return isFirst ? [a, b] : [b, a];
  }

  /** Pairs of a category that say nearly the same. Each is compared with those that share its words, not with all. */
  function pairs(least: number): { keep: KnowledgeRow; other: KnowledgeRow; similarity: number }[] {
    const found: { keep: KnowledgeRow; other: KnowledgeRow; similarity: number }[] = [];
    for (const row of all()) {
      const words = wordsOf(`${row.key} ${row.summary}`);
      for (const like of search.like(words, row.category, MOST_COMPARED, now())) {
        if (like.number <= row.number || like.category !== row.category) continue;
        const share = similarity(words, wordsOf(`${like.key} ${like.summary}`));
        if (share < least) continue;
        const [keep, other] = better(row, like);
        found.push({ keep, other, similarity: share });
      }
    }
    return found.sort((a, b) => b.similarity - a.similarity);
  }

  function forget(rows: readonly KnowledgeRow[], by: string, dryRun: boolean): Cleaned {
    const entries = rows.map(entryView);
    if (dryRun || rows.length === 0) return { entries };
    const batch = randomUUID();
    ledger.atOnce(() => {
      for (const row of rows) ledger.forget(row, { by, at: now(), batch });
    });
    return { entries, batch };
  }

  return {
    stats(): KnowledgeStats {
      const oldest = ledger.oldest();
      const counts = ledger.counts();
      return {
        total: counts.reduce((sum, { count }) => sum + count, 0),
        neverAccessed: ledger.neverUsed(),
        mostAccessed: ledger.mostUsed(MOST_SHOWN).map(entryView),
        ...(oldest === undefined ? {} : { oldest: entryView(oldest) }),
        categories: Object.fromEntries(counts.map(({ category, count }) => [category, count])),
      };
    },
    stale: (days: number | undefined): readonly KnowledgeEntry[] => stale(days).map(entryView),
    duplicates: (): readonly DuplicatePair[] =>
      pairs(DUPLICATE).map(({ keep, other, ...rest }) => ({
        keep: entryView(keep),
        other: entryView(other),
        ...rest,
      })),
    cleanStale: (days: number | undefined, by: string, dryRun: boolean): Cleaned =>
      forget(stale(days), by, dryRun),
    cleanDuplicates(by: string, dryRun: boolean): Cleaned {
      const others = new Map(pairs(SAME).map(({ other }) => [other.id, other]));
      return forget([...others.values()], by, dryRun);
    },
    /** What is done every hour: stale entries are forgotten, and what was forgotten long ago is thrown away. */
    sweep(): { readonly forgotten: number; readonly thrownAway: number } {
      const { entries } = forget(stale(undefined), 'missiond', false);
      return { forgotten: entries.length, thrownAway: ledger.throwAway(now() - FORGOTTEN_FOR_DAYS * DAY_MS) };
    },
  };
}

export type Collector = ReturnType<typeof createCollector>;
