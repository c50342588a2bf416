import { z } from 'zod';
import { expandedPath } from '../config/expanded-path.ts';

const HOUR_MS = 60 * 60_000;

/** `memory:` of slots.yaml: what is learnt from conversations by itself. */
export const MemorySettingsSchema = z.strictObject({
  /** Who reads them: a slot of the role `memory`, where there is one; a language model of router.yaml; nobody. */
  worker: z.enum(['slot', 'router', 'off']).default('slot'),
  /** Of the router; its own choice without one. */
  model: z.string().min(1).max(200).optional(),
  /** What was said in folders below these is never read. */
  exclude: z.array(z.string().transform(expandedPath)).default([]),
  /** When the memory begins its work, so much of what was said before is read as well. */
  historyDays: z.number().min(0).max(3_650).default(7),
  /** New turns, in small batches: when a conversation has been silent for so long, or a batch is full. */
  realtime: z
    .union([
      z.literal(false),
      z.strictObject({
        afterSeconds: z.number().min(0).max(3_600).default(60),
        messages: z.number().int().min(1).max(200).default(50),
      }),
    ])
    .prefault({}),
  /** Whole sessions: those that have been silent for so long, and every so many messages of those that go on. */
  deep: z
    .union([
      z.literal(false),
      z.strictObject({
        afterMinutes: z.number().min(0).max(1_440).default(10),
        everyMessages: z.number().int().min(10).max(500).default(100),
      }),
    ])
    .prefault({}),
  /** What is known is looked through; what comes of it is a plan, which waits unless `execute` says that it is done. */
  consolidation: z
    .union([
      z.literal(false),
      z.strictObject({
        everyHours: z.number().min(1).max(8_760).default(24),
        execute: z.boolean().default(false),
      }),
    ])
    .prefault({}),
  /** Jobs that have ended are kept for so long, and can be undone as a whole or tried again; what they taught stays. */
  keepDays: z.number().min(1).max(36_500).default(90),
  /** `mission_memory_pause` holds for so long unless it is told otherwise. */
  pauseHours: z.number().min(0.01).max(168).default(2),
});
export type MemorySettings = z.output<typeof MemorySettingsSchema>;

export const hours = (count: number): number => count * HOUR_MS;
