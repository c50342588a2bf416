import type { KnowledgeOrigin, KnowledgeSource } from '../../db/schema/knowledge.ts';
import type { KnowledgeChange, KnowledgeEntry, SimilarEntry } from './knowledge-views.ts';

export interface RememberRequest {
  readonly category: string;
  readonly key: string;
  readonly summary: string;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
  readonly source?: KnowledgeSource | undefined;
  /** 0 to 1. */
  readonly confidence?: number | undefined;
  /** What is done where something very like it is known: by default it is proposed, and nothing is stored. */
  readonly onSimilar?: 'propose' | 'add' | undefined;
  /**
   * What is done where the very key is known in other words: by default they are updated. `propose` updates only what the
   * memory itself has written last; the words of others wait beside the new ones.
   */
  readonly onKnown?: 'update' | 'propose' | undefined;
}

export interface Remembered {
  readonly action: 'created' | 'updated' | 'unchanged' | 'proposed';
  /** What is known now; absent where it was only proposed. */
  readonly entry?: KnowledgeEntry;
  /** What it is like, where it was only proposed. */
  readonly similar?: SimilarEntry;
  /** The proposal, for mission_kb_execute_plan. */
  readonly operationId?: number;
  /** Other categories that know something by the same key. */
  readonly alsoIn?: readonly string[];
}

/** With whom, and from where, something is changed. */
export interface ChangedBy {
  readonly by: string;
  readonly origin?: KnowledgeOrigin | undefined;
  /** What is done together, and can be undone together. */
  readonly batch?: string | undefined;
}

export interface KnowledgePage {
  readonly entries: readonly KnowledgeEntry[];
  /** Where the next page begins; absent at the end. */
  readonly next?: string;
}

/** How it stands with finding entries by what they mean. */
export interface EmbeddingStanding {
  /** Who embeds first, and with what; absent where nobody does. */
  readonly backend?: string;
  readonly model?: string;
  /** Entries without a vector of the words that they have now, those that are refused left out. */
  readonly waiting: number;
  readonly embedded: number;
  /** Entries that this model would not embed: they are tried again when their words or the model change. */
  readonly refused: number;
  /** Some of them, and what was said. */
  readonly givenUp: readonly {
    readonly category: string;
    readonly key: string;
    readonly because: string;
  }[];
  readonly problem?: string;
}

export interface FoundEntries {
  readonly entries: readonly KnowledgeEntry[];
  /** `hybrid`: what means nearly the same was looked for, too. */
  readonly ranking: 'words' | 'hybrid';
}

/** What the team knows. Methods throw MissionError. */
export interface Knowledge {
  /** @throws MissionError `secret_refused` */
  remember(request: RememberRequest, changed: ChangedBy): Remembered;
  /** Forgets what is known by these keys, in whatever category unless one is named. It can be undone. */
  forget(
    keys: readonly string[],
    options: ChangedBy & { readonly category?: string | undefined },
  ): { readonly forgotten: readonly KnowledgeEntry[]; readonly batch: string };
  /** The best ones first; without words the ones that were changed last. */
  search(
    query: string,
    options: { readonly category?: string | undefined; readonly limit: number },
  ): readonly KnowledgeEntry[];
  /**
   * One entry by its key or id. Who asks is given it to work with, which counts as a use.
   * @throws MissionError `knowledge_unknown`; `input_invalid` when several categories know the key
   */
  get(keyOrId: string, category?: string): KnowledgeEntry;
  /** In the order of categories and keys. */
  list(options: {
    readonly category?: string | undefined;
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): KnowledgePage;
  /** What became of an entry, forgotten ones too. @throws MissionError `knowledge_unknown` */
  history(keyOrId: string, category?: string): readonly KnowledgeChange[];
  /**
   * Takes back the last change of an entry, or all changes of a batch. A change that others followed stays, and is named.
   * @throws MissionError `knowledge_unknown`
   */
  undo(
    what: { readonly key: string; readonly category?: string | undefined } | { readonly batch: string },
    changed: ChangedBy,
  ): { readonly undone: readonly KnowledgeEntry[]; readonly left: readonly string[] };
}
