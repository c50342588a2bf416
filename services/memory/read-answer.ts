import { z } from 'zod';
import { KNOWLEDGE_OPERATIONS } from '../../db/schema/knowledge.ts';
import { KnowledgeCategory } from '../knowledge/category.ts';

/** Under what the memory files by itself; what each role is told at its beginning is for people to write. */
export const EXTRACTED_CATEGORIES = [
  'preference',
  'decision',
  'architecture',
  'project',
  'procedure',
  'feature',
  'memory',
  'memory:architecture',
  'memory:bugfix',
  'memory:debug',
  'memory:decision',
  'memory:feature',
  'memory:ops',
  'memory:platform',
] as const;

const MOST_ENTRIES = 50;
const MOST_TOLD = 5;
const key = z.string().trim().min(1).max(200);
const summary = z.string().trim().min(1).max(4_000);

const Extracted = z.object({
  category: z.enum(EXTRACTED_CATEGORIES),
  key,
  summary,
  detail: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((detail) => detail ?? undefined)
    .refine((detail) => JSON.stringify(detail ?? {}).length <= 20_000, 'the detail is too long'),
  message_ids: z.array(z.number().int()).min(1).max(500),
});
export type Extracted = z.output<typeof Extracted>;

const Planned = z.object({
  operation: z.enum(KNOWLEDGE_OPERATIONS),
  target_keys: z.array(key).min(1).max(50),
  new_entry: z.object({ category: KnowledgeCategory, key, summary }).nullish(),
  reason: z.string().max(2_000).default(''),
});
export type Planned = z.output<typeof Planned>;

const Answer = z.object({ entries: z.array(Extracted).max(MOST_ENTRIES) });
const Plan = z.object({ operations: z.array(Planned).max(MOST_ENTRIES) });

/** What an answer says, or what is wrong with it, in words for who gave it. */
export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly complaint: string };

const bad = (complaint: string): { readonly ok: false; readonly complaint: string } => ({
  ok: false,
  complaint,
});

/** The object of an answer; models like to put words or a fence around it. */
function objectIn(answer: string): unknown {
  const start = answer.indexOf('{');
  const end = answer.lastIndexOf('}');
  if (start === -1 || end <= start) return undefined;
  try {
    return JSON.parse(answer.slice(start, end + 1));
  } catch {
    return undefined;
  }
}

function parsed<Schema extends z.ZodType>(schema: Schema, answer: string): Read<z.output<Schema>> {
  const object = objectIn(answer);
  if (object === undefined) return bad('it holds no readable JSON object.');
  const result = schema.safeParse(object);
  if (result.success) return { ok: true, value: result.data };
  const issues = result.error.issues
    .slice(0, MOST_TOLD)
    .map(({ path, message }) => `${path.join('.') || 'the object'}: ${message}`);
  return bad(`${issues.join('; ')}.`);
}

/** @param batch the ids of the messages that were shown: an entry names no others */
export function readExtraction(answer: string, batch: ReadonlySet<number>): Read<readonly Extracted[]> {
  const read = parsed(Answer, answer);
  if (!read.ok) return read;
  const { entries } = read.value;
  const foreign = entries.flatMap(({ message_ids }) => message_ids).filter((id) => !batch.has(id));
  if (foreign.length > 0)
    return bad(
      `message_ids names ${[...new Set(foreign)].slice(0, MOST_TOLD).join(', ')}, which are not in the batch.`,
    );
  return { ok: true, value: entries };
}

/** @param known the keys that were shown: a plan names no others */
export function readPlan(answer: string, known: ReadonlySet<string>): Read<readonly Planned[]> {
  const read = parsed(Plan, answer);
  if (!read.ok) return read;
  const { operations } = read.value;
  const foreign = operations.flatMap(({ target_keys }) => target_keys).filter((name) => !known.has(name));
  if (foreign.length > 0)
    return bad(
      `target_keys names ${[...new Set(foreign)].slice(0, MOST_TOLD).join(', ')}, which were not shown.`,
    );
  const empty = operations.find(({ operation, new_entry }) => operation !== 'delete' && new_entry == null);
  if (empty !== undefined)
    return bad(`${empty.operation} of ${empty.target_keys.join(', ')} has no new_entry.`);
  return { ok: true, value: operations };
}
