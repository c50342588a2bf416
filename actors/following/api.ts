import { z } from 'zod';
import { SessionState, SlotView, TaskView } from '../mission/views.ts';

/** Tasks that have ended, in the order in which they did. */
export const EndedTasks = z.object({
  tasks: z.array(TaskView).describe('With the beginning of each result; mission_status has the whole.'),
  cursor: z.number().int().describe('Acknowledges all of these, and asks for what comes behind them.'),
  more: z.boolean().describe('More have ended than are shown.'),
  acknowledged: z
    .number()
    .int()
    .optional()
    .describe('The cursor up to which the consumer has acknowledged: kept over restarts.'),
});
export type EndedTasks = z.infer<typeof EndedTasks>;

/** A task and what the session of its slot does. */
export const TrackedTask = z.object({
  task: TaskView,
  slot: SlotView.pick({
    slotId: true,
    status: true,
    statusText: true,
    sessionId: true,
    contextLeftPercent: true,
    pendingConfirmation: true,
  })
    .extend({
      state: SessionState,
      lastActivitySecsAgo: z.number().optional(),
    })
    .optional()
    .describe('Absent before a slot has the task, and when that slot is gone.'),
  lastResponse: z
    .string()
    .optional()
    .describe('The end of what was said last, or the beginning of the result.'),
  cursor: z.string().describe('Stands for what is shown: a wait with it ends when that is not so any more.'),
  changed: z.boolean().describe('False when the wait was over before anything had changed.'),
});
export type TrackedTask = z.infer<typeof TrackedTask>;

export interface EndedRequest {
  /** Whose mark is kept; without one nothing is. */
  readonly consumer?: { readonly by: string; readonly name: string } | undefined;
  /** Epoch milliseconds. */
  readonly since?: number | undefined;
  readonly cursor?: number | undefined;
  readonly limit: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export interface TrackRequest {
  readonly cursor?: string | undefined;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** How whoever has handed out work follows it, over disconnections and restarts. */
export interface Following {
  /** @throws MissionError `input_invalid` for a cursor that is none, `too_many` consumers, `cancelled` */
  ended(request: EndedRequest): Promise<EndedTasks>;
  /** @throws MissionError `task_unknown`, `cancelled` */
  track(idOrPrefix: string, request: TrackRequest): Promise<TrackedTask>;
}
