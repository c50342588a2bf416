import { z } from 'zod';
import { type Role, SlotId, SwarmId, TaskId } from '../../db/ids.ts';
import { TaskStatus } from '../mission/views.ts';

/** How the work that was split stands. */
export const SwarmView = z.object({
  swarmId: SwarmId,
  done: z.boolean().describe('Every task has ended, one way or the other.'),
  counts: z.object({
    done: z.number().int(),
    failed: z.number().int().describe('Refused ones are among them.'),
    cancelled: z.number().int(),
    open: z.number().int(),
    toCome: z.number().int().describe('Not handed in yet: as many are open as may be at once.'),
  }),
  tasks: z.array(
    z.object({
      place: z.number().int().describe('In the list that was given; 0 is the first.'),
      prompt: z.string().describe('The beginning.'),
      taskId: TaskId.optional(),
      status: z.enum([...TaskStatus.options, 'to_come', 'refused']),
      slotId: SlotId.optional(),
      result: z.string().optional(),
      resultTotalChars: z.number().int().optional(),
      error: z.string().optional(),
    }),
  ),
});
export type SwarmView = z.infer<typeof SwarmView>;

export interface SwarmRequest {
  readonly prompts: readonly string[];
  /** Who does them, in turn; slots go before roles. */
  readonly roles: readonly Role[];
  readonly slotIds: readonly SlotId[];
  readonly atOnce: number;
  readonly submitter: string;
}

/** Work that is split over slots and gathered again. */
export interface Swarms {
  /** @throws MissionError `role_unknown`, `slot_unknown`, before anything is handed in */
  begin(request: SwarmRequest): SwarmId;
  /** @throws MissionError `input_invalid` when there is none of that id */
  look(id: SwarmId): SwarmView;
  /** Resolves when all of it has ended, or the time is over. */
  gather(id: SwarmId, wait: { readonly waitMs: number; readonly signal: AbortSignal }): Promise<SwarmView>;
  /** Hands in nothing more, and cancels what is open. */
  cancel(id: SwarmId): Promise<SwarmView>;
}
