import { z } from 'zod';
import { PUT_INSTEAD } from '../../db/redact-tokens.ts';
import { KNOWLEDGE_OPERATIONS, type KnowledgeWords } from '../../db/schema/knowledge.ts';
import { EntryKey, EntryWords } from './entry-words.ts';
import { jsonIn } from './json-in-answer.ts';
import { holdsSecret } from './secret-words.ts';

const MOST_OPERATIONS = 500;
const MOST_TARGETS = 100;
const MOST_REASON = 1_000;

const PlannedOperation = z.object({
  action: z.enum(KNOWLEDGE_OPERATIONS),
  target_keys: z.array(EntryKey).min(1).max(MOST_TARGETS),
  new_entry: EntryWords.nullish().transform((entry) => entry ?? null),
  reason: z
    .string()
    .default('')
    .transform((reason) => reason.slice(0, MOST_REASON)),
});
type PlannedOperation = z.output<typeof PlannedOperation>;

const Rows = z.array(z.unknown()).max(MOST_OPERATIONS);
const Answer = z.union([z.object({ operations: Rows }).transform(({ operations }) => operations), Rows]);

/** What a plan may name: the entries that the model was shown, and what else is known. */
export interface PlanGround {
  /** The one that was shown by this key, unless it has changed since; several when more than one category knows it. */
  shown(key: string): readonly KnowledgeWords[];
  /** Whether something is known there. */
  taken(category: string, key: string): boolean;
}

export interface PlanRow {
  readonly operation: (typeof KNOWLEDGE_OPERATIONS)[number];
  readonly targetKeys: readonly string[];
  readonly newEntry: KnowledgeWords | null;
  readonly rationale: string;
}

export interface ReadPlan {
  readonly rows: readonly PlanRow[];
  /** What cannot be done, by its place in the answer. */
  readonly refused: readonly { readonly place: string; readonly why: string }[];
  /** Why nothing of the answer could be read. */
  readonly broken?: string;
}

/** @returns why it cannot be done, or null */
function objection(planned: PlannedOperation, ground: PlanGround, used: ReadonlySet<string>): string | null {
  const { action, target_keys: keys, new_entry: words } = planned;
  if (new Set(keys).size !== keys.length) return 'it names an entry twice';
  for (const key of keys) {
    const known = ground.shown(key).length;
    if (known === 0) return `"${key}" is none of the entries, or has changed since`;
    if (known > 1) return `several categories know something by "${key}"`;
    if (used.has(key)) return `"${key}" is part of another operation`;
  }
  if (action === 'delete') return null;
  if (words === null) return 'it has no words to put in their place';
  const text = `${words.key}\n${words.summary}\n${JSON.stringify(words.detail ?? {})}`;
  if (holdsSecret(text) || text.includes(PUT_INSTEAD))
    return 'its words hold a secret, or stand where one was hidden';
  const targets = keys.flatMap((key) => ground.shown(key));
  if (action === 'merge') {
    if (keys.length < 2) return 'one entry alone is not merged';
    if (targets.some(({ category }) => category !== words.category))
      return 'entries are merged within one category';
  } else if (keys.length > 1)
    return `one entry at a time is ${action === 'update' ? 'updated' : 'distilled'}`;
  const isTarget = targets.some(({ category, key }) => category === words.category && key === words.key);
  if (!isTarget && ground.taken(words.category, words.key))
    return `"${words.key}" is known already, and is no target`;
  const [first] = targets;
  const isSame =
    keys.length === 1 &&
    first !== undefined &&
    words.detail === undefined &&
    [first.category, first.key, first.summary].join('\n') ===
      [words.category, words.key, words.summary].join('\n');
  return isSame ? 'it changes nothing' : null;
}

/** The words that take the place of the targets; what the model did not say again of details is kept. */
function wordsOf({ target_keys, new_entry }: PlannedOperation, ground: PlanGround): KnowledgeWords | null {
  const targets = target_keys.flatMap((key) => ground.shown(key));
  const [first] = targets;
  if (new_entry === null || first === undefined) return null;
  const details = targets.flatMap(({ detail }) => detail ?? []);
  const kept = details.length === 0 ? null : Object.assign({}, ...details.toReversed());
  const { category, key, summary, detail = kept, confidence = first.confidence } = new_entry;
  return { category, key, summary, detail, confidence, source: first.source };
}

/** A list, unless it lies in an object. */
function outermost(answer: string): unknown {
  const object = answer.indexOf('{');
  const isOutside = object === -1 || answer.indexOf('[') < object;
  return (isOutside ? jsonIn(answer, '[') : undefined) ?? jsonIn(answer, '{');
}

/** Reads the plan of a model: row by row, and what is wrong with one is no matter of the others. */
export function readPlan(answer: string, ground: PlanGround): ReadPlan {
  const parsed = Answer.safeParse(outermost(answer));
  if (!parsed.success) return { rows: [], refused: [], broken: 'The answer is no list of operations.' };
  const rows: PlanRow[] = [];
  const refused: { place: string; why: string }[] = [];
  const used = new Set<string>();
  for (const [index, value] of parsed.data.entries()) {
    const place = `operation ${index + 1}`;
    const row = PlannedOperation.safeParse(value);
    if (!row.success) {
      const why = row.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
      refused.push({ place, why: why.join('; ') });
      continue;
    }
    const why = objection(row.data, ground, used);
    if (why !== null) {
      refused.push({ place, why });
      continue;
    }
    for (const key of row.data.target_keys) used.add(key);
    rows.push({
      operation: row.data.action,
      targetKeys: row.data.target_keys,
      newEntry: row.data.action === 'delete' ? null : wordsOf(row.data, ground),
      rationale: row.data.reason,
    });
  }
  return { rows, refused };
}
