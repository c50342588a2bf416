import path from 'node:path';
import { z } from 'zod';
import { KnowledgeChange, KnowledgeEntry, SimilarEntry } from '../../actors/knowledge/knowledge-views.ts';
import { KNOWLEDGE_SOURCES } from '../../db/schema/knowledge.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { KnowledgeCategory } from '../../services/knowledge/category.ts';
import { EntryKey, EntryWords } from '../../services/knowledge/entry-words.ts';
import { IMPORT_FORMATS } from '../../services/knowledge/import-rows.ts';
import { kbDiscover } from './knowledge-discovery.ts';
import { knowledgePlanOperations } from './knowledge-plans.ts';
import { operation } from './operation.ts';

const MOST_KEYS = 500;
const MOST_ENTRIES = 500;

const key = EntryKey;
const category = KnowledgeCategory.describe(
  'As preference, project, decision, architecture, infra, procedure, memory, memory:bugfix. One names those below it, too.',
);
const days = z.number().int().positive().max(36_500);
const batch = z.string().describe('What was done together, for mission_kb_undo.');

export const kbRemember = operation({
  name: 'mission_kb_remember',
  title: 'Remember something',
  description:
    'Keeps a fact for the whole team. The same category and key is an update (the words before are kept, mission_kb_undo takes it back). When another entry says nearly the same, nothing is stored: both texts come back (action `proposed`); update that key, or say onSimilar: add. Secrets are refused.',
  input: EntryWords.extend({
    category,
    source: z.enum(KNOWLEDGE_SOURCES).optional(),
    onSimilar: z.enum(['propose', 'add']).optional(),
  }),
  output: z.object({
    action: z.enum(['created', 'updated', 'unchanged', 'proposed']),
    entry: KnowledgeEntry.optional(),
    similar: SimilarEntry.optional(),
    operationId: z.number().int().optional(),
    alsoIn: z.array(z.string()).optional(),
  }),
  readOnly: false,
  idempotent: true,
  run(request, { mission, caller }) {
    const { alsoIn, ...rest } = mission.knowledge.remember(request, { by: caller });
    return { ...rest, ...(alsoIn === undefined ? {} : { alsoIn: [...alsoIn] }) };
  },
});

export const kbForget = operation({
  name: 'mission_kb_forget',
  title: 'Forget something',
  description:
    'Forgets what is known by a key, in every category unless one is named. mission_kb_undo brings it back within 30 days.',
  input: z.object({ key, category: category.optional() }),
  output: z.object({ deleted: z.number().int(), key: z.string(), batch }),
  readOnly: false,
  destructive: true,
  idempotent: true,
  run(request, { mission, caller }) {
    const done = mission.knowledge.forget([request.key], { by: caller, category: request.category });
    return { deleted: done.forgotten.length, key: request.key, batch: done.batch };
  },
});

export const kbBatchForget = operation({
  name: 'mission_kb_batch_forget',
  title: 'Forget several things',
  description:
    'Forgets what is known by any of these keys. mission_kb_undo with the batch brings all of it back.',
  input: z.object({ keys: z.array(key).min(1).max(MOST_KEYS) }),
  output: z.object({ deleted_count: z.number().int(), requested_keys: z.number().int(), batch }),
  readOnly: false,
  destructive: true,
  idempotent: true,
  run({ keys }, { mission, caller }) {
    const done = mission.knowledge.forget(keys, { by: caller });
    return { deleted_count: done.forgotten.length, requested_keys: keys.length, batch: done.batch };
  },
});

export const kbSearch = operation({
  name: 'mission_kb_search',
  title: 'Search what is known',
  description:
    'The best entries first: words (of four letters and more also as beginnings), "a phrase", begin*. Chinese, Japanese and Korean anywhere in a text. With `knowledge: embeddings:` in slots.yaml also what means nearly the same in other words. Without words the ones that were changed last. Searching does not count as a use.',
  input: z.object({
    query: z.string().max(1_000).default(''),
    category: category.optional(),
    limit: z.number().int().min(1).max(100).default(20),
  }),
  output: z.object({
    entries: z.array(KnowledgeEntry),
    count: z.number().int(),
    ranking: z.enum(['words', 'hybrid']).describe('`hybrid`: also by what entries mean, in other words.'),
  }),
  readOnly: true,
  async run({ query, ...options }, { mission }) {
    const { entries, ranking } = await mission.knowledge.find(query, options);
    return { entries: [...entries], count: entries.length, ranking };
  },
});

export const kbGet = operation({
  name: 'mission_kb_get',
  title: 'Get one entry',
  description:
    'One entry by its key or id, with its detail, and where it was learnt (session, messages, job). It counts as a use.',
  input: z.object({ key, category: category.optional() }),
  output: KnowledgeEntry.extend({ origin: KnowledgeChange.shape.origin }),
  // That it was used is written down, and is no change of what is known.
  readOnly: true,
  run(request, { mission }) {
    const entry = mission.knowledge.get(request.key, request.category);
    const learnt = mission.knowledge.history(entry.id).findLast(({ origin }) => origin !== undefined);
    return { ...entry, ...(learnt === undefined ? {} : { origin: learnt.origin }) };
  },
});

export const kbList = operation({
  name: 'mission_kb_list',
  title: 'List what is known',
  description: 'Entries in the order of categories and keys, page by page (`next` as `cursor`).',
  input: z.object({
    category: category.optional(),
    limit: z.number().int().min(1).max(MOST_ENTRIES).default(100),
    cursor: z.string().max(1_000).optional(),
  }),
  output: z.object({ entries: z.array(KnowledgeEntry), next: z.string().optional() }),
  readOnly: true,
  run(request, { mission }) {
    const { entries, ...rest } = mission.knowledge.list(request);
    return { entries: [...entries], ...rest };
  },
});

export const kbHistory = operation({
  name: 'mission_kb_history',
  title: 'What became of an entry',
  description: 'Every change of an entry, with who made it and from where, forgotten entries too.',
  input: z.object({ key, category: category.optional() }),
  output: z.object({ changes: z.array(KnowledgeChange) }),
  readOnly: true,
  run: (request, { mission }) => ({ changes: [...mission.knowledge.history(request.key, request.category)] }),
});

export const kbUndo = operation({
  name: 'mission_kb_undo',
  title: 'Take back a change',
  description:
    'Takes back the last change of an entry (its key), everything that was done together (its batch), or all that a job of the memory has stored and proposed (job_id). What was changed since is left, and named.',
  input: z.object({
    key: key.optional(),
    category: category.optional(),
    batch: z.string().max(100).optional(),
    job_id: z.string().min(1).max(36).optional(),
  }),
  output: z.object({
    undone: z.array(KnowledgeEntry),
    left: z.array(z.string()),
    dropped: z.number().int().optional(),
  }),
  readOnly: false,
  run(request, { mission, caller }) {
    const { key: named, category: filed, batch: together, job_id: job } = request;
    if ([named, together, job].filter((one) => one !== undefined).length !== 1)
      throw new MissionError('input_invalid', 'Give a key, a batch or a job, and one of them.');
    if (job !== undefined) {
      const { undone, left, dropped } = mission.memory.undo(job, caller);
      return { undone: [...undone], left: [...left], dropped };
    }
    const what = together === undefined ? { key: named ?? '', category: filed } : { batch: together };
    const { undone, left } = mission.knowledge.undo(what, { by: caller });
    return { undone: [...undone], left: [...left] };
  },
});

export const kbGc = operation({
  name: 'mission_kb_gc',
  title: 'Look after what is known',
  description:
    '`stats`; `stale`: what its tier no longer keeps (with `days`: also what nobody has used for so long); `duplicates`: pairs that say nearly the same; `clean_stale` and `clean_duplicates` forget them (only those that say the very same), with dryRun they only show which.',
  input: z.object({
    action: z.enum(['stats', 'stale', 'duplicates', 'clean_stale', 'clean_duplicates']),
    days: days.optional(),
    dryRun: z.boolean().default(false),
  }),
  output: z.object({
    stats: z
      .object({
        total: z.number().int(),
        neverAccessed: z.number().int(),
        mostAccessed: z.array(KnowledgeEntry),
        oldest: KnowledgeEntry.optional(),
        categories: z.record(z.string(), z.number().int()),
      })
      .optional(),
    entries: z.array(KnowledgeEntry).optional(),
    pairs: z
      .array(z.object({ keep: KnowledgeEntry, other: KnowledgeEntry, similarity: z.number() }))
      .optional(),
    batch: batch.optional(),
  }),
  readOnly: false,
  destructive: true,
  run({ action, days: unused, dryRun }, { mission, caller }) {
    const { collector } = mission.knowledge;
    if (action === 'stats') {
      const { mostAccessed, categories, ...rest } = collector.stats();
      return { stats: { ...rest, mostAccessed: [...mostAccessed], categories: { ...categories } } };
    }
    if (action === 'stale') return { entries: [...collector.stale(unused)] };
    if (action === 'duplicates') return { pairs: [...collector.duplicates()] };
    const { entries, ...rest } =
      action === 'clean_stale'
        ? collector.cleanStale(unused, caller, dryRun)
        : collector.cleanDuplicates(caller, dryRun);
    return { entries: [...entries], ...rest };
  },
});

export const kbImport = operation({
  name: 'mission_kb_import',
  title: 'Import knowledge',
  description:
    'Remembers what a file holds: JSON (a list of {category, key, summary, detail}), JSONL, Markdown (a file or a folder; its folder is the category, its name the key, unless front matter says otherwise), or servers.yaml (category infra). Says of each row what became of it.',
  input: z.object({
    format: z.enum(IMPORT_FORMATS),
    path: z
      .string()
      .max(4_096)
      .refine(path.isAbsolute, 'give the whole path')
      .describe('An absolute path on the machine of the daemon.'),
  }),
  output: z.object({
    imported: z.number().int(),
    rows: z.array(
      z.object({
        place: z.string(),
        key: z.string().optional(),
        action: z.enum(['created', 'updated', 'unchanged', 'proposed', 'refused']),
        why: z.string().optional(),
      }),
    ),
    batch,
  }),
  readOnly: false,
  // It reads any file that the person can.
  access: 'owner',
  async run({ format, path: file }, { mission, caller }) {
    const { rows, batch: together } = await mission.knowledge.import(format, file, caller);
    const imported = rows.filter(({ action }) => action === 'created' || action === 'updated').length;
    return { imported, rows: [...rows], batch: together };
  },
});

export const knowledgeOperations = [
  kbRemember,
  kbForget,
  kbBatchForget,
  kbSearch,
  kbGet,
  kbList,
  kbHistory,
  kbUndo,
  kbGc,
  kbImport,
  kbDiscover,
  ...knowledgePlanOperations,
];
