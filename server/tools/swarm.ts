import { z } from 'zod';
import type { Mission } from '../../actors/mission/api.ts';
import { SwarmView } from '../../actors/swarms/api.ts';
import { Role, SlotId, SwarmId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { MAX_PROMPT_CHARACTERS } from '../../services/keyboard/prompt-plan.ts';
import { operation } from './operation.ts';
import { tellWhile } from './tell-while.ts';

/** What missiond's users are used to wait by default. */
const USUAL_WAIT_MS = 10 * 60_000;
const LONGEST_WAIT_MS = 24 * 60 * 60_000;
/** The answer has a part of each result. */
const MOST_TASKS = 100;
/** As missiond's users know it. */
const USUAL_AT_ONCE = 3;
const MOST_AT_ONCE = 50;

/** Nothing says what to begin, or which one is meant. */
function needsTasks(): MissionError {
  return new MissionError('input_invalid', 'Nothing to begin, and no swarmId, was given.', {
    remedy: 'Give tasks to begin a swarm, or the swarmId of one to go on waiting for it.',
  });
}

/** Nobody needs to say the role of a slot; without any name every role would be guessed. */
function whoDoes(
  {
    slotId,
    slotIds = [],
    roles = [],
  }: { slotId?: SlotId | undefined; slotIds?: SlotId[] | undefined; roles?: Role[] | undefined },
  mission: Mission,
): { readonly roles: readonly Role[]; readonly slotIds: readonly SlotId[] } {
  const ofSlot = slotId === undefined ? [] : [mission.slot(slotId).role];
  const all = [...roles, ...ofSlot];
  if (slotIds.length + all.length > 0) return { roles: all, slotIds };
  throw new MissionError('input_invalid', 'Nobody was named who does the tasks.', {
    remedy: 'Give roles, slotIds, or a slotId, whose role does them.',
  });
}

export const triggerSwarm = operation({
  name: 'mission_cc_trigger_swarm',
  title: 'Split work over slots and gather it',
  description:
    'Hands in each of `tasks` as a task of its own, `teammateCount` of them open at once, and answers with every result when all have ended, in the order in which they were given. When `timeoutMs` is over before, the work goes on: call again with the `swarmId` of the answer, over restarts too. A task that fails stops no other. `cancel: true` with a `swarmId` ends what is open and hands in nothing more. Tasks of one folder work on the same files: give parts that do not meet.',
  input: z.object({
    tasks: z
      .array(z.string().trim().min(1).max(MAX_PROMPT_CHARACTERS))
      .min(1)
      .max(MOST_TASKS)
      .optional()
      .describe('What to do, each in words of its own: none is told of the others.'),
    roles: z.array(Role).max(MOST_AT_ONCE).optional().describe('Who does them, in turn.'),
    slotIds: z
      .array(SlotId)
      .max(MOST_AT_ONCE)
      .optional()
      .describe('Only these slots do them; the one with the least to do gets the next.'),
    slotId: SlotId.optional().describe('Slots of its role do them.'),
    teammateCount: z
      .number()
      .int()
      .positive()
      .max(MOST_AT_ONCE)
      .default(USUAL_AT_ONCE)
      .describe('How many are open at once.'),
    swarmId: SwarmId.optional().describe('One that was begun before.'),
    cancel: z.boolean().default(false),
    timeoutMs: z
      .number()
      .int()
      .min(0)
      .max(LONGEST_WAIT_MS)
      .default(USUAL_WAIT_MS)
      .describe('How long to wait at most, in milliseconds; 0 answers at once.'),
  }),
  output: SwarmView.extend({ hint: z.string().optional() }),
  readOnly: false,
  destructive: true,
  // It acts for slots of others.
  forSlots: false,
  async run({ tasks, swarmId, cancel, timeoutMs, teammateCount, ...who }, context) {
    const { mission, signal, progress } = context;
    if (swarmId === undefined && (tasks === undefined || cancel)) throw needsTasks();
    if (cancel && swarmId !== undefined) return mission.swarms.cancel(swarmId);
    const id =
      swarmId ??
      mission.swarms.begin({
        prompts: tasks ?? [],
        ...whoDoes(who, mission),
        atOnce: teammateCount,
        submitter: context.caller,
      });
    const saying = (): string => {
      const { counts, tasks: all } = mission.swarms.look(id);
      return `swarm ${id}: ${all.length - counts.open - counts.toCome} of ${all.length} have ended`;
    };
    progress(saying());
    const view = await tellWhile(progress, saying, mission.swarms.gather(id, { waitMs: timeoutMs, signal }));
    if (view.done) return view;
    return {
      ...view,
      hint: `It goes on: mission_cc_trigger_swarm {"swarmId": "${id}"} goes on waiting.`,
    };
  },
});
