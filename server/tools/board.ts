import { z } from 'zod';
import {
  BoardCategory,
  BoardNode,
  BoardNoteView,
  BoardPriority,
  BoardStatus,
  BoardSummary,
  BoardTaskView,
  NoteType,
} from '../../actors/board/board-views.ts';
import { BoardTaskId } from '../../db/ids.ts';
import { type CallContext, operation } from './operation.ts';
import { submitOptions } from './submit-options.ts';

const MOST_TITLE_CHARACTERS = 500;
const MOST_TEXT_CHARACTERS = 100_000;
const MOST_NAME_CHARACTERS = 200;

const boardTaskId = z
  .string()
  .min(4, 'give at least 4 characters of the id')
  .describe('The id of a board task, or the beginning of one when it is unique.');
const name = z.string().trim().min(1).max(MOST_NAME_CHARACTERS);
const text = z.string().max(MOST_TEXT_CHARACTERS);
const title = z.string().trim().min(1).max(MOST_TITLE_CHARACTERS);

const { timeoutMs, retries, retryBackoffMs, requires, budget, guard, verify, worktree } = submitOptions;

/** What may be said of a board task beside its title; each as the update has it, which may clear it. */
const fields = {
  description: text.nullable().optional(),
  priority: BoardPriority.optional(),
  category: BoardCategory.optional(),
  project: name.nullable().optional(),
  server: name.nullable().optional(),
  dueDate: z.iso
    .date()
    .nullable()
    .optional()
    .describe('`2026-11-21`, local time. Before it the autopilot does not begin.'),
  parentId: boardTaskId.nullable().optional().describe('The board task that it belongs to.'),
  assignee: name
    .nullable()
    .optional()
    .describe('Who should do it. A slot or a role, where autoExecute is set.'),
  autoExecute: z
    .boolean()
    .optional()
    .describe(
      'The autopilot hands it to its assignee as soon as it is open, due, and everything below it is done or skipped (default false).',
    ),
  promptTemplate: text
    .nullable()
    .optional()
    .describe('What the autopilot hands in instead of title and description.'),
  options: z
    .strictObject({ timeoutMs, retries, retryBackoffMs, requires, budget, guard, verify, worktree })
    .nullable()
    .optional()
    .describe('How the autopilot hands it in: options of mission_submit (retries: 1 by default).'),
  hidden: z.boolean().optional().describe('Left out of lists, with everything below it.'),
};

type Said = z.output<z.ZodObject<typeof fields>>;

/** As the board keeps it: a worktree of which nothing more is said is one all the same. */
function kept<Fields extends Said>({ options, ...rest }: Fields) {
  if (options == null) return { ...rest, options };
  const { worktree: wish, ...others } = options;
  return { ...rest, options: { ...others, worktree: wish === true ? {} : wish } };
}

/** Who calls, so that two sessions of one client are two. */
function executorOf({ caller, session }: CallContext): string {
  return session === undefined ? caller : `${caller}/${session}`;
}

const Told = BoardTaskView.extend({ hint: z.string().optional() });

export const boardList = operation({
  name: 'mission_board_list',
  title: 'List the board',
  description:
    'The tasks of the board as a tree, in their order. With a filter those that fit; one whose parent does not fit stands at the top. Long texts are cut; mission_board_get has the whole.',
  input: z.object({
    status: BoardStatus.optional(),
    project: name.optional(),
    category: BoardCategory.optional(),
    assignee: name.optional(),
    includeHidden: z.boolean().default(false),
  }),
  output: z.object({ tasks: z.array(BoardNode) }),
  readOnly: true,
  run: (filter, { mission }) => ({ tasks: [...mission.board.list(filter)] }),
});

export const boardCreate = operation({
  name: 'mission_board_create',
  title: 'Add a board task',
  description:
    'Adds a task to the board. It is only noted there, unless autoExecute is set: then the autopilot gives it to its assignee.',
  input: z.object({ title, ...fields }),
  output: BoardTaskView,
  readOnly: false,
  run: (input, context) => context.mission.board.create(kept(input), executorOf(context)),
});

export const boardUpdate = operation({
  name: 'mission_board_update',
  title: 'Change a board task',
  description:
    'Changes what is named and leaves the rest; null clears. While the autopilot works on a task, another status ends that: its mission task is cancelled, which the hint says (`open` begins again while autoExecute is set). Other changes count from the next run.',
  input: z.object({
    id: boardTaskId,
    title: title.optional(),
    status: BoardStatus.optional(),
    ...fields,
    orderIdx: z.number().int().min(0).optional().describe('The place among its siblings, 0 for the first.'),
  }),
  output: Told,
  readOnly: false,
  destructive: true,
  idempotent: true,
  run: ({ id, ...change }, context) => context.mission.board.update(id, kept(change), executorOf(context)),
});

export const boardGet = operation({
  name: 'mission_board_get',
  title: 'Look at a board task',
  description:
    'One board task with its last notes, what hangs below it, and why the autopilot has not begun it.',
  input: z.object({ id: boardTaskId }),
  output: BoardTaskView.extend({
    notes: z.array(BoardNoteView),
    notesTotal: z.number().int(),
    children: z.array(BoardTaskView),
    waitsFor: z.string().optional(),
  }),
  readOnly: true,
  run: ({ id }, { mission }) => mission.board.get(id),
});

export const boardDelete = operation({
  name: 'mission_board_delete',
  title: 'Delete a board task',
  description:
    'Deletes a board task with its notes, and with children: true everything below it. A run of the autopilot is cancelled first.',
  input: z.object({
    id: boardTaskId,
    children: z
      .boolean()
      .default(false)
      .describe('Also what hangs below it; refused without, if there is any.'),
  }),
  output: z.object({ deleted: z.number().int(), id: BoardTaskId }),
  readOnly: false,
  destructive: true,
  idempotent: true,
  run: ({ id, children }, { mission }) => mission.board.remove(id, { children }),
});

export const boardToggle = operation({
  name: 'mission_board_toggle',
  title: 'Done or open',
  description: 'Makes a done board task open, and any other done.',
  input: z.object({ id: boardTaskId }),
  output: Told,
  readOnly: false,
  run: ({ id }, context) => context.mission.board.toggle(id, executorOf(context)),
});

export const boardClaim = operation({
  name: 'mission_board_claim',
  title: 'Claim a board task',
  description:
    'Takes an open board task for you: it is running, and nobody else claims it. Setting its status to anything but running or verifying gives it back.',
  input: z.object({
    taskId: boardTaskId,
    executorId: name.optional().describe('Who works on it (default: you, by your client and session).'),
    executorType: z.enum(['manual_session', 'pty_slot']).default('manual_session'),
    takeOver: z
      .boolean()
      .default(false)
      .describe('Takes it from another person or session that has it. Never from the autopilot.'),
  }),
  output: BoardTaskView,
  readOnly: false,
  idempotent: true,
  run: ({ taskId, executorId = '', executorType, takeOver }, context) =>
    context.mission.board.claim(taskId, {
      executorId: executorId === '' ? executorOf(context) : executorId,
      executorType,
      takeOver,
    }),
});

export const boardNoteAdd = operation({
  name: 'mission_board_note_add',
  title: 'Note something',
  description:
    'Adds a note to a board task. What people note reaches the agent when the autopilot tries the task again.',
  input: z.object({
    taskId: boardTaskId,
    content: z.string().min(1).max(MOST_TEXT_CHARACTERS),
    noteType: NoteType.default('note'),
    author: name.optional().describe('Default: you.'),
  }),
  output: BoardNoteView,
  readOnly: false,
  run: ({ taskId, content, noteType, author }, context) =>
    context.mission.board.addNote(taskId, { content, noteType, author: author ?? context.caller }),
});

export const boardSummary = operation({
  name: 'mission_board_summary',
  title: 'Count the board',
  description: 'How many board tasks have each status, and how many questions wait for an answer.',
  input: z.object({
    since: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('Completed, failed and skipped ones count from then on (ISO 8601).'),
  }),
  output: BoardSummary,
  readOnly: true,
  run: ({ since }, { mission }) => mission.board.summary(since === undefined ? 0 : Date.parse(since)),
});

export const boardOperations = [
  boardList,
  boardCreate,
  boardUpdate,
  boardGet,
  boardDelete,
  boardToggle,
  boardClaim,
  boardNoteAdd,
  boardSummary,
];
