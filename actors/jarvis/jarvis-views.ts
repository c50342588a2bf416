import { z } from 'zod';
import { ClaudeSessionId, DeliveryId, SlotId, TaskId } from '../../db/ids.ts';
import { LOG_LEVELS } from '../../services/diagnostics/search-entries.ts';
import { AuditKind } from '../mission/audit-views.ts';
import { TaskStatus } from '../mission/views.ts';

/** One line of the daemon's log. Times are epoch milliseconds. */
export const LogEntryView = z.object({
  at: z.number(),
  level: z.enum(LOG_LEVELS),
  message: z.string(),
  facts: z.string().describe('All else of the line, as JSON.'),
});

/** One thing that happened to a task. */
const TraceStep = z.object({
  at: z.number(),
  step: z.enum([
    'handed_in',
    'attempt_began',
    'delivery_began',
    'typed',
    'submitted',
    'answered',
    'attempt_ended',
    'told',
    'ended',
    ...AuditKind.options,
  ]),
  attempt: z.number().int().optional(),
  slotId: SlotId.optional(),
  sessionId: ClaudeSessionId.optional(),
  deliveryId: DeliveryId.optional(),
  detail: z.string().optional(),
});
export type TraceStep = z.infer<typeof TraceStep>;

/** The way of a request from the door to its result. Times are epoch milliseconds. */
export const TraceView = z.object({
  traceId: z.string(),
  taskId: TaskId,
  kind: z.enum(['task', 'ask', 'message', 'check']),
  status: TaskStatus,
  submitter: z.string().describe('The door, with the name of the client where it has one.'),
  waitedMs: z.number().optional().describe('Until a slot had it.'),
  typedAfterMs: z.number().optional().describe('Until its words were typed.'),
  workedMs: z.number().optional().describe('From there to its end, all attempts.'),
  totalMs: z.number().optional(),
  steps: z.array(TraceStep),
});
export type TraceView = z.infer<typeof TraceView>;
