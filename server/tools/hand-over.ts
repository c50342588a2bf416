import { z } from 'zod';
import { Role, SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { operation } from './operation.ts';

/** The rule that says whether an agent makes others. */
const MAKES_AGENTS = 'mcp__missiond__mission_worker_create';
/** As much as a hand-over that missiond asks for, several times over. */
const LONGEST_NOTE = 12_000;

export const missionHandOver = operation({
  name: 'mission_hand_over',
  title: 'Hand over',
  description:
    'For the agent of a slot: a fresh session goes on with your task in your place, in the same folder and on the same branch, once your turn has ended. It knows nothing but the task and your note. For when your context is full of what is not needed any more. End your turn after it. With `role` an agent of that role does so, on a branch of its own that begins where yours stands, and your work has ended. Not for work that is done (mission_done).',
  input: z.object({
    note: z
      .string()
      .trim()
      .min(1)
      .max(LONGEST_NOTE)
      .describe(
        'What is done, what is next, which files were touched and in what state they are, and what you have learnt that stands in no file.',
      ),
    role: Role.optional().describe(
      'Who goes on: a role of which you may make agents (`creates:` of your own). Commit everything first. Left out: yourself.',
    ),
  }),
  output: z.object({ slotId: SlotId, hint: z.string() }),
  readOnly: false,
  ownOfSlot: () => true,
  async run({ note, role }, { mission, by, signal }) {
    if (by.role !== 'slot')
      throw new MissionError('not_permitted', 'Only the agent of a slot hands over.', {
        remedy: 'For a fresh session: missiond restart SLOT.',
      });
    if (role !== undefined) {
      if (mission.permissions.explain({ slotId: by.slotId }, MAKES_AGENTS).decision === 'deny')
        throw new MissionError('not_permitted', 'A rule denies that you make agents.', {
          remedy: 'Hand over without a role, or ask whoever gave you the task.',
        });
      const { slotId, name } = await mission.workers.handOver(by.slotId, { note, role }, signal);
      return { slotId, hint: `End your turn now. ${name} (${role}) goes on.` };
    }
    mission.handOver(by.slotId, note);
    return { slotId: by.slotId, hint: 'End your turn now. A fresh session goes on.' };
  },
});
