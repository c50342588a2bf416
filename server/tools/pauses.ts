import { z } from 'zod';
import { RepositoryName, SlotId } from '../../db/ids.ts';
import { operation } from './operation.ts';

const LONGEST_MINUTES = 30 * 24 * 60;
const whom = {
  slotId: SlotId.optional(),
  repository: RepositoryName.optional().describe('All agents of that repository.'),
  all: z.boolean().optional().describe('Every slot.'),
};
const slots = z.object({ slots: z.array(SlotId) });

export const missionPause = operation({
  name: 'mission_pause',
  title: 'Put slots aside',
  description:
    'Gives slots nothing new: no task, no message, no reminder. What they do goes on to its end. It ends with mission_wake, or after `minutes`.',
  input: z.object({ ...whom, minutes: z.number().positive().max(LONGEST_MINUTES).optional() }),
  output: slots,
  readOnly: false,
  idempotent: true,
  forSlots: false,
  run: ({ minutes, ...named }, { mission, caller }) => ({
    slots: [...mission.pauses.pause(named, { minutes, by: caller })],
  }),
});

export const missionWake = operation({
  name: 'mission_wake',
  title: 'Let slots go on that were put aside',
  description: 'Ends what mission_pause began, and names the slots that were put aside.',
  input: z.object(whom),
  output: slots,
  readOnly: false,
  idempotent: true,
  forSlots: false,
  run: (named, { mission }) => ({ slots: [...mission.pauses.wake(named)] }),
});

export const pauseOperations = [missionPause, missionWake];
