import { z } from 'zod';
import { SlotView } from '../../actors/mission/views.ts';
import { BoardTaskId, Role, SlotId, TaskId } from '../../db/ids.ts';
import { operation } from './operation.ts';

/** What a slot is configured to be: no environment, no token. */
const SlotSummary = z.object({
  id: SlotId,
  role: Role,
  description: z.string(),
  cwd: z.string().optional(),
  status: z.string(),
  state: z.string(),
  sessionId: z.string().optional(),
  currentTaskId: TaskId.optional(),
});

const KillOutput = z.object({
  success: z.boolean(),
  slotId: SlotId,
  requeuedTasks: z.array(TaskId).describe('Had not reached the session: another slot may do them.'),
  failedTasks: z.array(TaskId).describe('Had begun in the session that was killed.'),
  claimsReleased: z.array(BoardTaskId).describe('Tasks of the board that its agent had claimed: open again.'),
});

export const missionSlots = operation({
  name: 'mission_slots',
  title: 'List slots',
  description: 'The configured slots with role, description, folder and state.',
  input: z.object({}),
  output: z.object({ slots: z.array(SlotSummary) }),
  readOnly: true,
  run: (_, { mission }) => ({
    slots: mission
      .slots()
      .map(({ slotId, role, description, cwd, status, state, sessionId, currentTaskId }) => ({
        id: slotId,
        role,
        description,
        status,
        state,
        ...(cwd === undefined ? {} : { cwd }),
        ...(sessionId === undefined ? {} : { sessionId }),
        ...(currentTaskId === undefined ? {} : { currentTaskId }),
      })),
  }),
});

export const missionAgents = operation({
  name: 'mission_agents',
  title: 'List agents',
  description: 'Every slot with its process and what its session does now.',
  input: z.object({}),
  output: z.object({ agents: z.array(SlotView) }),
  readOnly: true,
  run: (_, { mission }) => ({ agents: [...mission.slots()] }),
});

export const missionSpawn = operation({
  name: 'mission_spawn',
  title: 'Start a slot',
  description:
    'Starts Claude Code in a slot. `visible` is accepted and ignored: watch any slot with `missiond attach`.',
  input: z.object({
    slotId: SlotId,
    visible: z.boolean().optional(),
    autoRestart: z
      .boolean()
      .default(false)
      .describe('Start it again, with a growing pause, when it ends by itself.'),
  }),
  output: SlotView,
  readOnly: false,
  run: ({ slotId, autoRestart }, { mission }) => mission.spawn(slotId, { autoRestart }),
});

export const missionKill = operation({
  name: 'mission_kill',
  title: 'Stop a slot',
  description:
    'Ends the Claude Code of a slot with everything it started. A task whose prompt had not arrived goes back into the queue; one that had begun fails. The slot stays down until it is started or given a new task.',
  input: z.object({ slotId: SlotId }),
  output: KillOutput,
  readOnly: false,
  destructive: true,
  idempotent: true,
  async run({ slotId }, { mission, caller }) {
    const { requeuedTasks, failedTasks, claimsReleased, ...result } = await mission.kill(slotId, caller);
    return {
      ...result,
      requeuedTasks: [...requeuedTasks],
      failedTasks: [...failedTasks],
      claimsReleased: [...claimsReleased],
    };
  },
});

export const missionRestart = operation({
  name: 'mission_restart',
  title: 'Restart a slot',
  description: 'Stops a slot and starts it with a fresh session.',
  input: z.object({ slotId: SlotId, visible: z.boolean().optional() }),
  output: SlotView,
  readOnly: false,
  destructive: true,
  run: ({ slotId }, { mission, caller }) => mission.restart(slotId, caller),
});

export const slotOperations = [missionSlots, missionAgents, missionSpawn, missionKill, missionRestart];
export { KillOutput };
