import { z } from 'zod';

/** One signal of a session: what it said last and how long ago. */
const SignalView = z.object({
  source: z.enum(['hook', 'screen', 'title', 'register', 'statusLine', 'exit']),
  says: z.string(),
  /** Epoch milliseconds. */
  at: z.number(),
  ageMs: z.number(),
  /** Whether that is what is believed; absent where the signal says nothing about it. */
  agrees: z.boolean().optional(),
});

const ChangeView = z.object({
  at: z.number(),
  from: z.string(),
  to: z.string(),
  rule: z.string(),
  why: z.string(),
});

/** Signals that went on contradicting each other. `rule`: the row that won, null while none had. */
const MismatchView = z.object({
  at: z.number(),
  believed: z.string(),
  screen: z.string(),
  registry: z.string().nullable(),
  hook: z.string().nullable(),
  rule: z.string().nullable(),
});

/** Why a slot is believed to do what it is shown to do. */
export const WhyView = z.object({
  /** The hook or the row of the table that moved it last, and in words. */
  rule: z.string(),
  because: z.string(),
  since: z.number(),
  /** The row of the table that counts now, and in words. */
  standing: z.string(),
  standingBecause: z.string(),
  /** What the signals say against it, before that has settled. */
  disputed: z.object({ to: z.string(), settlesMs: z.number() }).optional(),
  /** Both readings, while signals have disagreed for longer than a second. */
  uncertain: z.string().optional(),
  signals: z.array(SignalView),
  /** Newest first. */
  changes: z.array(ChangeView),
  mismatches: z.array(MismatchView),
  mismatchCount: z.number(),
  dropped: z.number(),
});
export type WhyView = z.infer<typeof WhyView>;
