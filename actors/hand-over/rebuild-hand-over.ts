import { initialTransition, type Snapshot, transition } from 'xstate';
import { z } from 'zod';
import { Epoch, type SlotId, TaskId } from '../../db/ids.ts';
import { type HandOverEvent, handOverMachine } from '../../machines/hand-over.ts';

/** What is read of a slot's snapshot, whatever version wrote it. */
const Stored = z.looseObject({
  children: z.looseObject({
    handOver: z.looseObject({
      snapshot: z.looseObject({
        value: z.enum(['leaving', 'writing', 'renewing', 'carrying']),
        context: z.looseObject({
          epoch: Epoch.nullable(),
          askedIn: TaskId.nullable(),
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
  if (value === 'writing')
    return epoch === null || askedIn === null ? null : [{ type: 'handOver.asked', epoch, askedIn }];
  if (words === null) return null;
  const offered = { type: 'handOver.offered', words } as const;
  if (value === 'leaving') return [offered];
  if (value === 'renewing') return epoch === null ? null : [offered, { type: 'turn.over', epoch }];
  const taken = carriedBy === null ? [] : [{ type: 'handOver.taken', taskId: carriedBy } as const];
  return [offered, { type: 'run.ended' }, ...taken];
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
