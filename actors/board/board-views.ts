import { z } from 'zod';
import { BoardTaskId, QuestionId, Role, SlotId, TaskId } from '../../db/ids.ts';
import { BOARD_CATEGORIES, BOARD_PRIORITIES, BOARD_STATUSES, NOTE_TYPES } from '../../db/schema/board.ts';

export const BoardStatus = z.enum(BOARD_STATUSES);
export const BoardPriority = z.enum(BOARD_PRIORITIES);
export const BoardCategory = z.enum(BOARD_CATEGORIES);
export const NoteType = z.enum(NOTE_TYPES);
export type NoteType = z.infer<typeof NoteType>;

/** A card of the board as every door shows it. Times are epoch milliseconds; field names are missiond's. */
export const BoardTaskView = z.object({
  id: BoardTaskId,
  title: z.string(),
  description: z.string(),
  status: BoardStatus,
  priority: BoardPriority,
  category: BoardCategory,
  project: z.string().optional(),
  server: z.string().optional(),
  /** `2026-11-21`, local time; before it the autopilot does not begin. */
  dueDate: z.string().optional(),
  parentId: BoardTaskId.optional(),
  assignee: z.string().optional(),
  /** The autopilot hands it to its assignee. */
  autoExecute: z.boolean(),
  promptTemplate: z.string().optional(),
  /** How the autopilot hands it in, as mission_submit takes it. */
  options: z
    .object({
      timeoutMs: z.number().optional(),
      retries: z.number().optional(),
      retryBackoffMs: z.number().optional(),
      requires: z.array(z.string()).optional(),
      budget: z.object({ usd: z.number().optional(), tokens: z.number().optional() }).optional(),
      guard: z
        .object({
          protectedPaths: z.array(z.string()).optional(),
          maxChanges: z.number().optional(),
          check: z.string().optional(),
        })
        .optional(),
      verify: z
        .object({
          command: z.string().optional(),
          role: Role.optional(),
          prompt: z.string().optional(),
          timeoutMs: z.number().optional(),
        })
        .optional(),
      worktree: z.object({ branch: z.string().optional(), base: z.string().optional() }).optional(),
    })
    .optional(),
  hidden: z.boolean(),
  orderIdx: z.number().int(),
  /** Who works on it. */
  claimExecutorId: z.string().optional(),
  claimExecutorType: z.enum(['manual_session', 'pty_slot', 'autopilot']).optional(),
  claimedAt: z.number().optional(),
  /** What a blocked one waits for; a question with a slot is answered with mission_pty_confirm. */
  blockedOn: z
    .object({
      question: z.string(),
      options: z.array(z.string()).optional(),
      questionId: QuestionId.optional(),
      slotId: SlotId.optional(),
    })
    .optional(),
  /** How often the autopilot has begun it. */
  runs: z.number().int(),
  /** The task of its latest run: mission_status has all of it. */
  taskId: TaskId.optional(),
  createdBy: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  finishedAt: z.number().optional(),
});
export type BoardTaskView = z.infer<typeof BoardTaskView>;

export const BoardNoteView = z.object({
  id: z.number().int(),
  taskId: BoardTaskId,
  content: z.string(),
  noteType: NoteType,
  author: z.string(),
  createdAt: z.number(),
});
export type BoardNoteView = z.infer<typeof BoardNoteView>;

/** A card with what hangs below it. */
export interface BoardNode extends BoardTaskView {
  children: BoardNode[];
}
export const BoardNode: z.ZodType<BoardNode> = BoardTaskView.extend({
  get children() {
    return z.array(BoardNode);
  },
  // Documents of JSON Schema refer to what holds itself by this name.
}).meta({ id: 'BoardNode' });

export const BoardSummary = z.object({
  open: z.number().int(),
  running: z.number().int(),
  verifying: z.number().int(),
  blocked: z.number().int(),
  completed: z.number().int(),
  failed: z.number().int(),
  skipped: z.number().int(),
  /** Questions of sessions that wait for an answer. */
  pendingQuestions: z.number().int(),
});
export type BoardSummary = z.infer<typeof BoardSummary>;

const numbered = { sequence: z.number(), at: z.number() };

/** What happens on the board. */
export const BOARD_EVENTS = [
  z.object({
    type: z.literal('board_changed'),
    ...numbered,
    task: BoardTaskView,
    previousStatus: BoardStatus.optional(),
  }),
  z.object({ type: z.literal('board_noted'), ...numbered, note: BoardNoteView }),
  z.object({ type: z.literal('board_removed'), ...numbered, ids: z.array(BoardTaskId) }),
] as const;
