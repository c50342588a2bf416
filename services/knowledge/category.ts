import { z } from 'zod';

const MOST_CHARACTERS = 100;

/** `memory`, `memory:bugfix`: what kind of thing it is, and under what it is filed. */
export const KnowledgeCategory = z
  .string()
  .trim()
  .max(MOST_CHARACTERS)
  .regex(
    /^[a-z0-9][a-z0-9_-]*(?::[a-z0-9][a-z0-9_-]*)*$/,
    'a category has small letters, digits, - and _; a colon leads to one below it (memory:bugfix)',
  );
export type KnowledgeCategory = z.infer<typeof KnowledgeCategory>;

/** True of the category itself and of what is filed below it. */
export const isWithin = (category: string, root: string): boolean =>
  category === root || category.startsWith(`${root}:`);

/** Of a kind that is never shown to models elsewhere. */
export const NEVER_SHOWN = 'credential';

/** From the most general to the very one: `memory`, `memory:bugfix`. */
export function lineage(category: string): readonly string[] {
  const steps = category.split(':');
  return steps.map((_, index) => steps.slice(0, index + 1).join(':'));
}
