import { z } from 'zod';
import { EntryWords } from '../knowledge/entry-words.ts';
import { jsonIn } from '../knowledge/json-in-answer.ts';

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

const Extracted = EntryWords.pick({ key: true, summary: true }).extend({
  category: z.enum(EXTRACTED_CATEGORIES),
  detail: EntryWords.shape.detail.nullish().transform((detail) => detail ?? undefined),
  message_ids: z.array(z.number().int()).min(1).max(500),
});
export type Extracted = z.output<typeof Extracted>;

const Answer = z.object({ entries: z.array(Extracted).max(MOST_ENTRIES) });

/** What an answer says, or what is wrong with it, in words for who gave it. */
export type Read =
  | { readonly ok: true; readonly entries: readonly Extracted[] }
  | { readonly ok: false; readonly complaint: string };

const bad = (complaint: string): Read => ({
  ok: false,
  complaint,
});

/** @param batch the ids of the messages that were shown: an entry names no others */
export function readExtraction(answer: string, batch: ReadonlySet<number>): Read {
  const object = jsonIn(answer, '{');
  if (object === undefined) return bad('it holds no readable JSON object.');
  const parsed = Answer.safeParse(object);
  if (!parsed.success) {
    const issues = parsed.error.issues
      .slice(0, MOST_TOLD)
      .map(({ path, message }) => `${path.join('.') || 'the object'}: ${message}`);
    return bad(`${issues.join('; ')}.`);
  }
  const { entries } = parsed.data;
  const foreign = entries.flatMap(({ message_ids }) => message_ids).filter((id) => !batch.has(id));
  if (foreign.length > 0)
    return bad(
      `message_ids names ${[...new Set(foreign)].slice(0, MOST_TOLD).join(', ')}, which are not in the batch.`,
    );
  return { ok: true, entries };
}
