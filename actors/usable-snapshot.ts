import type { Snapshot } from 'xstate';
import { z } from 'zod';
import { SNAPSHOT_VERSION } from './journal.ts';

/** The outer shape of a persisted snapshot; XState checks nothing of it. */
const Persisted = z.looseObject({
  status: z.enum(['active', 'done', 'error', 'stopped']),
  value: z.unknown(),
  context: z.unknown(),
});

/** A stored snapshot that this version can go on from, or null: then the actor is put together from the columns. */
export function usable(
  stored: unknown,
  version: number,
  machine: { readonly states: object },
): Snapshot<unknown> | null {
  if (stored === null || version !== SNAPSHOT_VERSION) return null;
  const parsed = Persisted.safeParse(stored);
  if (!parsed.success || parsed.data.status !== 'active') return null;
  const known = typeof parsed.data.value === 'string' && parsed.data.value in machine.states;
  return known ? { ...parsed.data, status: 'active', output: undefined, error: undefined } : null;
}
