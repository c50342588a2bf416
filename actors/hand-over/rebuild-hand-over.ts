import { initialTransition, type Snapshot, transition } from 'xstate';
import { z } from 'zod';
import { Epoch, type SlotId, TaskId } from '../../db/ids.ts';
import { type HandOverEvent, handOverMachine } from '../../machines/hand-over.ts';

/** What is read of a slot's snapshot, whatever version wrote it. */
const Stored = z.looseObject({
  children: z.looseObject({
    handOver: z.looseObject({
      snapshot: z.looseObject({
        value: z.enum(['writing', 'renewing', 'carrying']),
        context: z.looseObject({
          epoch: Epoch,
          askedIn: TaskId,
          words: z.string().nullable(),
          carriedBy: TaskId.nullable(),
        }),
      }),
    }),
  }),
});
const Fresh = z.looseObject({ children: z.looseObject({ handOver: z.looseObject({}) }) });

/** What had happened, so that the statechart of this version comes to its own state. Null when that is not all there. */
function eventsOf(stored: unknown): readonly HandOverEvent[] | null {
  const parsed = Stored.safeParse(stored);
  if (!parsed.success) return null;
  const { value, context } = parsed.data.children.handOver.snapshot;
  const { epoch, askedIn, words, carriedBy } = context;
  const asked = { type: 'handOver.asked', epoch, askedIn } as const;
  if (value === 'writing') return [asked];
  if (words === null) return null;
  const written = { type: 'handOver.written', words } as const;
  if (value === 'renewing') return [asked, written];
  const taken = carriedBy === null ? [] : [{ type: 'handOver.taken', taskId: carriedBy } as const];
  return [asked, written, { type: 'run.ended' }, ...taken];
}

/**
 * A slot that was put together from its columns, with the hand-over of its stored snapshot: no column holds the words.
 *
 * @param stored the snapshot, of another version
 */
export function withHandOver(slot: Snapshot<unknown>, slotId: SlotId, stored: unknown): Snapshot<unknown> {
  const events = eventsOf(stored);
  const fresh = Fresh.safeParse(slot);
  if (events === null || !fresh.success) return slot;
  let [handOver] = initialTransition(handOverMachine, { slotId });
  for (const event of events) [handOver] = transition(handOverMachine, handOver, event);
  const { children } = fresh.data;
  const snapshot = handOverMachine.getPersistedSnapshot(handOver);
  const whole = { ...slot, children: { ...children, handOver: { ...children.handOver, snapshot } } };
  return whole;
}
