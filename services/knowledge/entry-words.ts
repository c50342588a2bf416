import { z } from 'zod';
import { KnowledgeCategory } from './category.ts';

const MOST_KEY_CHARACTERS = 200;
const MOST_SUMMARY_CHARACTERS = 4_000;
const MOST_DETAIL_CHARACTERS = 100_000;
/** What is nested more deeply can be neither written as JSON nor compared: both recurse. */
const MOST_DETAIL_DEPTH = 50;

/** Whether no list or object lies below so many others. */
function isShallow(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return most > 0 && Object.values(value).every((inner) => isShallow(inner, most - 1));
}

export const EntryKey = z.string().trim().min(1).max(MOST_KEY_CHARACTERS);

/** The words of an entry, as whoever tells them writes them. */
export const EntryWords = z.object({
  category: KnowledgeCategory,
  key: EntryKey,
  summary: z.string().trim().min(1).max(MOST_SUMMARY_CHARACTERS),
  detail: z
    .record(z.string(), z.unknown())
    .refine((value) => isShallow(value, MOST_DETAIL_DEPTH), {
      error: 'the detail is nested too deeply',
      abort: true,
    })
    .refine((value) => JSON.stringify(value).length <= MOST_DETAIL_CHARACTERS, 'the detail is too long')
    .optional(),
  /** 0 to 1. */
  confidence: z.number().min(0).max(1).optional(),
});
export type EntryWords = z.output<typeof EntryWords>;
