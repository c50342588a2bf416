import { z } from 'zod';
import { SpendingView } from '../../actors/mission/views.ts';
import { SlotId } from '../../db/ids.ts';
import { operation } from './operation.ts';

export const missionSpending = operation({
  name: 'mission_spending',
  title: 'See what was spent',
  description:
    'Money and tokens that were spent today, in all and by each slot, and which slots take nothing new because a budget or a usage window is spent.',
  input: z.object({}),
  output: SpendingView,
  readOnly: true,
  run: (_, { mission }) => mission.spending(),
});

export const missionResume = operation({
  name: 'mission_resume',
  title: 'Resume a paused slot',
  description:
    'Lets a slot go on that a spent budget or usage window has paused: for the rest of the day, or until the window resets.',
  input: z.object({ slotId: SlotId }),
  output: z.object({ resumed: z.boolean(), hint: z.string().optional() }),
  readOnly: false,
  idempotent: true,
  // A budget that its spender lifts is none.
  forSlots: false,
  run: ({ slotId }, { mission }) => mission.resume(slotId),
});

export const budgetOperations = [missionSpending, missionResume];
