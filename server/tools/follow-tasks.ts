import { z } from 'zod';
import { EndedTasks, TrackedTask } from '../../actors/following/api.ts';
import { keyOf } from '../auth/caller.ts';
import { operation } from './operation.ts';
import { Moment, momentOf } from './submit-options.ts';
import { taskIdOrPrefix } from './tasks.ts';
import { tellWhile } from './tell-while.ts';

/** Long enough to follow a task with few calls; whoever waits longer asks again with the cursor. */
const LONGEST_WAIT_MS = 10 * 60_000;
/** Each has the beginning of its result: more would fill the context of whoever reads it. */
const MOST_ENDED = 100;
const waitMs = z
  .number()
  .int()
  .min(0)
  .max(LONGEST_WAIT_MS)
  .default(0)
  .describe('Waits at most so many milliseconds; 0 answers at once.');

export const missionTaskAck = operation({
  name: 'mission_task_ack',
  title: 'Hear which tasks have ended',
  description:
    'Tasks that have ended (done, failed or cancelled), in that order, each once. With `consumer` your place is kept, over restarts too: give the `cursor` of the last answer once you have dealt with it, and what comes behind it is shown; what is not acknowledged is shown again. Without, `since` or `cursor` say from where on (one hour where neither does). `waitMs` waits until one has ended.',
  input: z.object({
    consumer: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, . _ - (64 at most)')
      .optional()
      .describe('A name of your own, under which your place is kept. It begins at `since`, or one hour ago.'),
    since: Moment.optional().describe('Epoch milliseconds or ISO 8601 with a time zone.'),
    cursor: z.number().int().min(0).optional().describe('Of an answer before: acknowledges what it had.'),
    limit: z.number().int().positive().max(MOST_ENDED).default(20),
    waitMs,
  }),
  output: EndedTasks,
  readOnly: false,
  idempotent: true,
  // It tells of all slots.
  forSlots: false,
  run: ({ consumer, since, ...request }, { mission, by, signal, progress }) =>
    tellWhile(
      progress,
      () => 'no task has ended yet',
      mission.following.ended({
        ...request,
        since: momentOf(since),
        ...(consumer === undefined ? {} : { consumer: { by: keyOf(by), name: consumer } }),
        signal,
      }),
    ),
});

export const missionTaskTrack = operation({
  name: 'mission_task_track',
  title: 'Follow a task',
  description:
    'One task with what the session of its slot does: state, tools, the question that it waits for, what was said last. With `waitMs` it answers when something of that changes, or has changed since the `cursor` of the answer before. mission_status has the whole result and every attempt.',
  input: z.object({
    taskId: taskIdOrPrefix,
    cursor: z.string().max(100).optional().describe('Of the answer before: nothing is missed in between.'),
    waitMs,
  }),
  output: TrackedTask,
  readOnly: true,
  ownOfSlot: ({ taskId }, slotId, mission) => mission.task(taskId).slotId === slotId,
  run: ({ taskId, ...request }, { mission, signal, progress }) =>
    tellWhile(
      progress,
      () => 'nothing has changed yet',
      mission.following.track(taskId, { ...request, signal }),
    ),
});

export const followOperations = [missionTaskAck, missionTaskTrack];
