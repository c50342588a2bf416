import { z } from 'zod';
import { Epoch, QuestionId, Role, SlotId, TaskId } from '../../db/ids.ts';

/** `decision`: a tool call was judged; `question`, `answer`: somebody was asked, answered; `rules`: changed; `kill`: a slot was ended. */
export const AuditKind = z.enum(['decision', 'question', 'answer', 'rules', 'kill']);

/** One entry of the audit. Times are epoch milliseconds. Known secrets are taken out of arguments. */
export const AuditEntryView = z.object({
  id: z.number().int(),
  at: z.number(),
  kind: AuditKind,
  /** Who did it: a door (`cli`, `board`, `rest`, `mcp:` and the client's name), `terminal`, `timeout`, `file`, `missiond`. */
  by: z.string().optional(),
  slotId: SlotId.optional(),
  role: Role.optional(),
  epoch: Epoch.optional(),
  taskId: TaskId.optional(),
  questionId: QuestionId.optional(),
  tool: z.string().optional(),
  argument: z.string().optional(),
  decision: z.enum(['allow', 'confirm', 'deny']).optional(),
  rule: z.string().optional(),
  answer: z.string().optional(),
  /** Of rules: how they were, and how they are. */
  change: z.object({ before: z.unknown(), after: z.unknown() }).optional(),
  personOnly: z.boolean().optional(),
});
export type AuditEntryView = z.infer<typeof AuditEntryView>;
