import { z } from 'zod';
import { NeighbourQuestion } from '../ledger/vector-search.ts';

/** What the thread is told. */
export const NeighbourOrder = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ask'), id: z.number().int(), question: NeighbourQuestion }),
  z.object({ type: z.literal('close') }),
]);
export type NeighbourOrder = z.infer<typeof NeighbourOrder>;

/** What it says. */
export const NeighbourNews = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  /** It cannot work here: there is no extension for this platform, or it is not installed. */
  z.object({ type: z.literal('unavailable'), message: z.string() }),
  z.object({ type: z.literal('found'), id: z.number().int(), numbers: z.array(z.number().int()) }),
  z.object({ type: z.literal('failed'), id: z.number().int(), message: z.string() }),
]);
export type NeighbourNews = z.infer<typeof NeighbourNews>;
