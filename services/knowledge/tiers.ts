import { z } from 'zod';
import { KnowledgeCategory, lineage } from './category.ts';

const days = z.number().int().positive();

/** How long something of a category is kept. */
const Tier = z.union([
  /** For good. */
  z.literal('always'),
  /** So many days from its last change. */
  z.strictObject({ days }),
  /** As long as it is used: so many days from its last use, or its last change. */
  z.strictObject({ unusedDays: days }),
]);
export type Tier = z.output<typeof Tier>;

const tokens = z.number().int().min(0).max(20_000);

/** How much of it is given to whom, in tokens (roughly); 0 for nothing. */
const GivingSchema = z.strictObject({
  /** With each prompt of a slot: what bears on it. */
  promptTokens: tokens.default(400),
  /** At the beginning of a slot's session: what its role should know, and how the person wants things. */
  sessionTokens: tokens.default(800),
  /** In the instructions that an MCP client reads once. */
  instructionTokens: tokens.default(800),
});
export type Giving = z.output<typeof GivingSchema>;

/** Whether entries are found by what they mean, too; it needs a backend of the router with an `embedding_model`. */
const EmbeddingsSchema = z.strictObject({
  enabled: z.boolean().default(false),
  /** A search waits so long for it, and no longer: milliseconds. */
  waitMs: z.number().int().min(10).max(5_000).default(150),
  /** Entries further from the question are not found by it: cosine, 0 to 1. Models differ in what is far. */
  leastSimilarity: z.number().min(0).max(1).default(0.25),
});
export type EmbeddingSettings = z.output<typeof EmbeddingsSchema>;

/** `knowledge:` of slots.yaml. */
export const KnowledgeSettingsSchema = z.strictObject({
  /** By category; `*` for those that none names. The nearest one counts: `memory:bugfix` before `memory`. */
  tiers: z.record(z.union([KnowledgeCategory, z.literal('*')]), Tier).default({}),
  give: GivingSchema.prefault({}),
  embeddings: EmbeddingsSchema.prefault({}),
});
export type KnowledgeSettings = z.output<typeof KnowledgeSettingsSchema>;

const USUAL: Readonly<Record<string, Tier>> = {
  preference: 'always',
  project: 'always',
  decision: 'always',
  architecture: 'always',
  infra: 'always',
  'memory:decision': 'always',
  'memory:architecture': 'always',
  bugfix: { days: 30 },
  'memory:bugfix': { days: 30 },
  debug: { days: 7 },
  'memory:debug': { days: 7 },
  '*': { unusedDays: 90 },
};

/** How long something of a category is kept: by what slots.yaml says, else as it is usual. */
export function tierOf(category: string, { tiers }: Pick<KnowledgeSettings, 'tiers'>): Tier {
  const names = [...lineage(category)].reverse();
  for (const name of [...names, '*']) {
    const tier = Object.hasOwn(tiers, name)
      ? tiers[name]
      : Object.hasOwn(USUAL, name)
        ? USUAL[name]
        : undefined;
    if (tier !== undefined) return tier;
  }
  return 'always';
}

const DAY_MS = 24 * 60 * 60_000;

/** When an entry is stale, in epoch milliseconds; null for one that never is. */
export function staleAt(
  entry: { readonly category: string; readonly updatedAt: number; readonly lastAccessedAt: number | null },
  settings: Pick<KnowledgeSettings, 'tiers'>,
): number | null {
  const tier = tierOf(entry.category, settings);
  if (tier === 'always') return null;
  if ('days' in tier) return entry.updatedAt + tier.days * DAY_MS;
  return Math.max(entry.updatedAt, entry.lastAccessedAt ?? 0) + tier.unusedDays * DAY_MS;
}
