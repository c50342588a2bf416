import { KnowledgeId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type {
  KnowledgeChangeRow,
  KnowledgeLedger,
  KnowledgeRow,
} from '../../services/ledger/knowledge-ledger.ts';
import type { Knowledge } from './api.ts';
import { entryView } from './knowledge-views.ts';

/** Takes back what was changed. What is taken back is a change itself, and can be taken back. */
export function createUndo(
  ledger: KnowledgeLedger,
  now: () => number,
): Pick<Knowledge, 'undo'> & {
  changesOf(keyOrId: string, category: string | undefined): readonly KnowledgeChangeRow[];
} {
  /** The one that is known by a key, else the one that was forgotten last. */
  function entryOf(keyOrId: string, category: string | undefined): KnowledgeRow {
    const id = KnowledgeId.safeParse(keyOrId);
    const fits = (row: KnowledgeRow): boolean => category === undefined || row.category === category;
    const [row] = [
      ...(id.success ? [ledger.get(id.data)].filter((one) => one !== undefined) : []),
      ...ledger.byKey(keyOrId).filter(fits),
      ...ledger.forgottenByKey(keyOrId).filter(fits),
    ];
    if (row !== undefined) return row;
    throw new MissionError('knowledge_unknown', `Nothing was ever known by "${keyOrId}".`, {
      remedy: 'Look with mission_kb_list; what was forgotten 30 days ago is gone for good.',
    });
  }

  /** @returns the entry as it is then; a sentence where that cannot be */
  function takeBack(change: KnowledgeChangeRow, by: string): KnowledgeRow | string {
    const row = ledger.get(change.knowledgeId);
    if (row === undefined) return `${change.knowledgeId} is gone for good.`;
    const changing = { by, at: now() };
    const { kind, before } = change;
    if (kind === 'created' || kind === 'restored') {
      ledger.forget(row, changing);
      return row;
    }
    const words = before ?? row;
    const other = ledger.at(words.category, words.key);
    if (other !== undefined && other.id !== row.id)
      return `"${words.key}" (${words.category}) is known anew; forget that first.`;
    return kind === 'forgotten' ? ledger.restore(row, changing) : ledger.update(row, words, changing);
  }

  /** Of each entry the changes of the batch, the last one first; none where somebody has changed it since. */
  function changesOfBatch(batch: string): {
    readonly own: readonly KnowledgeChangeRow[];
    readonly left: string[];
  } {
    const all = ledger.changesOfBatch(batch);
    const lastIn = new Map<string, number>();
    for (const { knowledgeId, id } of all)
      lastIn.set(knowledgeId, Math.max(lastIn.get(knowledgeId) ?? 0, id));
    const changedSince = new Set(
      [...lastIn]
        .filter(([id, last]) => {
          const latest = ledger.changesOf(KnowledgeId.parse(id)).at(-1);
          return latest !== undefined && latest.id > last;
        })
        .map(([id]) => id),
    );
    return {
      own: all.filter(({ knowledgeId }) => !changedSince.has(knowledgeId)),
      left: [...changedSince].map((id) => {
        const row = ledger.get(KnowledgeId.parse(id));
        return `"${row?.key ?? id}" was changed since.`;
      }),
    };
  }

  return {
    changesOf: (keyOrId, category) => ledger.changesOf(entryOf(keyOrId, category).id),

    undo(what, { by }) {
      return ledger.atOnce(() => {
        const { own, left } =
          'batch' in what
            ? changesOfBatch(what.batch)
            : { own: ledger.changesOf(entryOf(what.key, what.category).id).slice(-1), left: [] };
        if (own.length === 0 && left.length === 0)
          throw new MissionError('knowledge_unknown', 'No such batch of changes is known.');
        const undone = new Map<string, KnowledgeRow>();
        for (const change of own) {
          const result = takeBack(change, by);
          if (typeof result === 'string') left.push(result);
          else undone.set(result.id, result);
        }
        return { undone: [...undone.values()].map(entryView), left };
      });
    },
  };
}
