import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { KnowledgeId } from '../../db/ids.ts';
import type { KnowledgeWords } from '../../db/schema/knowledge.ts';
import { parseQuery } from '../../services/conversations/search-query.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { isWithin } from '../../services/knowledge/category.ts';
import { holdsSecret } from '../../services/knowledge/secret-words.ts';
import { similarity, wordsOf } from '../../services/knowledge/similarity.ts';
import { type KnowledgeLedger, type KnowledgeRow, wordsIn } from '../../services/ledger/knowledge-ledger.ts';
import type { KnowledgeOperationLedger } from '../../services/ledger/knowledge-operation-ledger.ts';
import type { KnowledgeSearch } from '../../services/ledger/knowledge-search.ts';
import type { ChangedBy, Knowledge, Remembered, RememberRequest } from './api.ts';
import { changeView, entryView } from './knowledge-views.ts';
import { cursorAt, cursorOf } from './list-cursor.ts';
import { createUndo } from './undo-knowledge.ts';

/** From this share of common words on, two entries of a category may say the same. */
const NEAR_DUPLICATE = 0.6;
const MOST_COMPARED = 50;
/** What somebody remembered next to something like it, and nobody has decided. */
export const PROPOSALS = 'proposals';
/** How the changes of the memory's own jobs are signed. */
const BY_MEMORY = /^memory:/;

export interface KnowledgeDependencies {
  readonly ledger: KnowledgeLedger;
  readonly operations: KnowledgeOperationLedger;
  readonly search: KnowledgeSearch;
  readonly now: () => number;
}

const textOf = ({ key, summary }: Pick<KnowledgeWords, 'key' | 'summary'>): string => `${key} ${summary}`;

function refuseSecrets({ key, summary, detail }: RememberRequest): void {
  if (!holdsSecret(`${key}\n${summary}\n${detail === undefined ? '' : JSON.stringify(detail)}`)) return;
  throw new MissionError('secret_refused', `"${key}" holds what looks like a secret.`, {
    remedy: 'Say where it is kept (a variable, a file, a vault) instead of what it is.',
  });
}

/** What the team knows: remembered, found, forgotten, and taken back. */
export function createKnowledge({ ledger, operations, search, now }: KnowledgeDependencies): Knowledge {
  const undo = createUndo(ledger, now);

  /** Something of the same category that says nearly the same under another key. */
  function nearest(
    words: KnowledgeWords,
  ): { readonly row: KnowledgeRow; readonly similarity: number } | null {
    const mine = wordsOf(textOf(words));
    const [best] = search
      .like(mine, words.category, MOST_COMPARED, now())
      .map((row) => ({ row, similarity: similarity(mine, wordsOf(textOf(row))) }))
      .sort((a, b) => b.similarity - a.similarity);
    return best !== undefined && best.similarity >= NEAR_DUPLICATE ? best : null;
  }

  /** The same words are proposed once, also when nobody wanted them. */
  function propose(words: KnowledgeWords, like: KnowledgeRow, share: number, by: string): number {
    const before = operations.withWords(PROPOSALS, words);
    if (before !== undefined) return before.id;
    const isSame = like.key === words.key;
    return operations.add({
      planId: PROPOSALS,
      operation: isSame ? 'update' : 'merge',
      targetKeys: [like.key],
      newEntry: words,
      rationale: isSame
        ? `"${words.key}" is known in other words, which somebody has written.`
        : `${Math.round(share * 100)} % of the words of "${words.key}" are those of "${like.key}".`,
      by,
      createdAt: now(),
    });
  }

  /** Whether the new words may take the place of what is known by their key. */
  function mayUpdate(row: KnowledgeRow, onKnown: RememberRequest['onKnown']): boolean {
    return onKnown !== 'propose' || BY_MEMORY.test(ledger.changesOf(row.id).at(-1)?.by ?? '');
  }

  function meant(keyOrId: string, category: string | undefined): KnowledgeRow {
    const byId = KnowledgeId.safeParse(keyOrId);
    const row = byId.success ? ledger.get(byId.data) : undefined;
    if (row !== undefined && row.forgottenAt === null) return row;
    const rows = ledger.byKey(keyOrId).filter((one) => category === undefined || one.category === category);
    const [first, ...others] = rows;
    if (first === undefined) {
      throw new MissionError('knowledge_unknown', `Nothing is known by "${keyOrId}".`, {
        remedy: 'Look with mission_kb_search.',
      });
    }
    if (others.length === 0) return first;
    throw new MissionError('input_invalid', `Several categories know something by "${keyOrId}".`, {
      remedy: `Name one of them: ${rows.map((one) => one.category).join(', ')}.`,
    });
  }

  function stored(
    words: KnowledgeWords,
    changed: ChangedBy,
    { onSimilar = 'propose', onKnown }: Pick<RememberRequest, 'onSimilar' | 'onKnown'>,
  ): Remembered {
    const at = now();
    const before = ledger.at(words.category, words.key);
    const alsoIn = ledger
      .byKey(words.key)
      .filter(({ category }) => category !== words.category)
      .map(({ category }) => category);
    const also = alsoIn.length === 0 ? {} : { alsoIn };
    if (before !== undefined) {
      if (isDeepStrictEqual(wordsIn(before), words))
        return { action: 'unchanged', entry: entryView(before), ...also };
      if (!mayUpdate(before, onKnown)) {
        const share = similarity(wordsOf(textOf(words)), wordsOf(textOf(before)));
        if (before.summary === words.summary)
          return { action: 'unchanged', entry: entryView(before), ...also };
        return {
          action: 'proposed',
          similar: { entry: entryView(before), similarity: share },
          operationId: propose(words, before, share, changed.by),
          ...also,
        };
      }
      return {
        action: 'updated',
        entry: entryView(ledger.update(before, words, { ...changed, at })),
        ...also,
      };
    }
    const near = onSimilar === 'add' ? null : nearest(words);
    if (near !== null) {
      const operationId = propose(words, near.row, near.similarity, changed.by);
      return {
        action: 'proposed',
        similar: { entry: entryView(near.row), similarity: near.similarity },
        operationId,
        ...also,
      };
    }
    const row = ledger.insert(KnowledgeId.parse(randomUUID()), words, { ...changed, at });
    return { action: 'created', entry: entryView(row), ...also };
  }

  return {
    remember(request, changed) {
      refuseSecrets(request);
      const { category, key, summary, detail = null, source = 'conversation', confidence = 1 } = request;
      const words = { category, key, summary, detail, source, confidence };
      return ledger.atOnce(() => stored(words, changed, request));
    },

    forget(keys, { category, ...changed }) {
      const batch = changed.batch ?? randomUUID();
      const at = now();
      return ledger.atOnce(() => {
        const rows = [...new Set(keys)]
          .flatMap((key) => ledger.byKey(key))
          .filter((row) => category === undefined || isWithin(row.category, category));
        for (const row of rows) ledger.forget(row, { ...changed, at, batch });
        return { forgotten: rows.map(entryView), batch };
      });
    },

    search(text, { category, limit }) {
      const query = parseQuery(text);
      if (query === null) return ledger.latest(category, limit).map(entryView);
      return search.search(query, { category, limit, now: now() }).map(({ row }) => entryView(row));
    },

    get(keyOrId, category) {
      const row = meant(keyOrId, category);
      ledger.used([row.id], now());
      return entryView(row);
    },

    list({ category, limit, cursor }) {
      const rows = ledger.list(category, { limit: limit + 1, after: cursorOf(cursor) });
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      const entries = page.map(entryView);
      return last === undefined ? { entries } : { entries, next: cursorAt(last) };
    },

    history(keyOrId, category) {
      return undo.changesOf(keyOrId, category).map(changeView);
    },

    undo: undo.undo,
  };
}
