import { z } from 'zod';
import type { Mission } from '../../actors/mission/api.ts';
import { hintOfRest } from '../../actors/mission/task-view.ts';
import { PAGE_CHARACTERS } from '../../actors/mission/text-page.ts';
import { InboxMessageView, TaskStatus, TaskView } from '../../actors/mission/views.ts';
import { Role, SlotId, TaskId } from '../../db/ids.ts';
import { type CallContext, operation } from './operation.ts';
import { sayProgress } from './say-progress.ts';
import { momentOf, submitOptions } from './submit-options.ts';
import { requireConnection, tellWhenEnded } from './tell-when-ended.ts';

/** What missiond's users are used to wait by default. */
const ASK_TIMEOUT_MS = 120_000;
const LONGEST_WAIT_MS = 24 * 60 * 60_000;

export const taskIdOrPrefix = z
  .string()
  .min(4, 'give at least 4 characters of the task id')
  .describe('A task id, or the beginning of one when it is unique.');

/** Reports what the task's slot does while the caller waits. */
function reportProgress(mission: Mission, taskId: TaskId, context: CallContext): () => void {
  return mission.subscribe((event) => {
    if (event.type === 'task_changed' && event.task.id === taskId)
      context.progress(`task ${event.task.status}`);
    if (event.type === 'slot_changed' && event.slot.currentTaskId === taskId) {
      context.progress(
        `${event.slot.slotId}: ${event.slot.state}${event.slot.statusText === undefined ? '' : ` (${event.slot.statusText})`}`,
      );
    }
    if (event.type === 'task_progress' && event.taskId === taskId)
      context.progress(`${event.slotId}: ${sayProgress(event.progress)}`);
    if (event.type === 'question_asked' && event.question.taskId === taskId) {
      context.progress(
        `${event.question.slotId} asks: ${event.question.question} Answer with mission_pty_confirm.`,
      );
    }
  });
}

export const missionSubmit = operation({
  name: 'mission_submit',
  title: 'Submit a task',
  description:
    'Queues a task for a role (or one slot) and returns at once. An idle slot takes it immediately; a stopped slot of the role is started. Follow it with mission_status; the answer is in `result`.',
  input: z.object({
    role: Role.optional().describe('Who should do it. Optional when slotId is given.'),
    prompt: z.string().describe('What to do, in the words that Claude Code should read.'),
    slotId: SlotId.optional().describe('Only this slot may do it.'),
    deadlineMs: z
      .number()
      .int()
      .positive()
      .max(LONGEST_WAIT_MS)
      .optional()
      .describe('Fails the task when it has not ended after so many milliseconds.'),
    ...submitOptions,
    notify: z
      .boolean()
      .default(false)
      .describe('Sends this MCP session a logging message when the task has ended.'),
  }),
  output: z.object({
    taskId: TaskId,
    dispatched: z.boolean(),
    slotId: SlotId.optional(),
    hint: z.string().optional(),
  }),
  readOnly: false,
  async run({ notify, notBefore, worktree, ...request }, { mission, caller, connection }) {
    const told = notify ? requireConnection(connection) : undefined;
    const submitted = await mission.submit({
      ...request,
      notBefore: momentOf(notBefore),
      worktree: worktree === true ? {} : worktree,
      submitter: caller,
    });
    connection?.follow(submitted.taskId);
    if (told !== undefined) tellWhenEnded(mission, submitted.taskId, told);
    return submitted;
  },
});

export const missionAsk = operation({
  name: 'mission_ask',
  title: 'Ask and wait',
  description:
    'Gives a question to an agent of a role and waits for its answer. When the time is over the work goes on: fetch it later with mission_status and the taskId in the error.',
  input: z.object({
    role: Role,
    question: z.string(),
    timeoutMs: z
      .number()
      .int()
      .positive()
      .max(LONGEST_WAIT_MS)
      .default(ASK_TIMEOUT_MS)
      .describe('How long to wait, in milliseconds.'),
  }),
  output: z.object({
    taskId: TaskId,
    slotId: SlotId.optional(),
    answer: z.string(),
    nextOffset: z.number().int().optional(),
    hint: z.string().optional(),
    durationMs: z.number(),
  }),
  readOnly: false,
  async run({ role, question, timeoutMs }, context) {
    const { mission, signal } = context;
    const { task, durationMs } = await mission.ask(
      { role, prompt: question, submitter: context.caller },
      {
        timeoutMs,
        signal,
        submitted(taskId) {
          context.connection?.follow(taskId);
          return reportProgress(mission, taskId, context);
        },
      },
    );
    return {
      taskId: task.id,
      ...(task.slotId === undefined ? {} : { slotId: task.slotId }),
      answer: task.result ?? '',
      ...(task.nextOffset === undefined ? {} : { nextOffset: task.nextOffset }),
      ...hintOfRest(task),
      durationMs,
    };
  },
});

export const missionStatus = operation({
  name: 'mission_status',
  title: 'Look at a task',
  description:
    'One task: its status, the slot that does it, its result or the reason why it failed, and every attempt at it. A very long result comes in pages: pass `nextOffset` as `offset` to read on.',
  input: z.object({
    taskId: taskIdOrPrefix,
    offset: z
      .number()
      .int()
      .min(0)
      .default(0)
      .describe('Where the page of the result begins, in characters.'),
    limit: z
      .number()
      .int()
      .positive()
      .max(PAGE_CHARACTERS)
      .default(PAGE_CHARACTERS)
      .describe('How many characters of the result at most.'),
  }),
  output: TaskView.extend({ hint: z.string().optional() }),
  readOnly: true,
  ownOfSlot: ({ taskId }, slotId, mission) => mission.task(taskId).slotId === slotId,
  async run({ taskId, offset, limit }, { mission }) {
    const { id, worktree } = mission.task(taskId);
    if (worktree !== undefined) await mission.lookAtWorktree(id);
    const task = mission.task(taskId, { offset, limit });
    return { ...task, ...hintOfRest(task) };
  },
});

export const missionTask = operation({
  name: 'mission_task',
  title: 'List tasks',
  description:
    'Tasks, newest first, all or of one status, with the beginning of their results; mission_status has the whole.',
  input: z.object({
    status: TaskStatus.optional(),
    limit: z.number().int().positive().max(500).default(20),
  }),
  output: z.object({ tasks: z.array(TaskView) }),
  readOnly: true,
  run: (filter, { mission }) => ({
    tasks: [
      ...mission.tasks({
        limit: filter.limit,
        ...(filter.status === undefined ? {} : { status: filter.status }),
      }),
    ],
  }),
});

export const missionCancel = operation({
  name: 'mission_cancel',
  title: 'Cancel a task',
  description:
    'Takes a queued task out of the queue, or interrupts the session that works on it. Says which, and whether the session is idle again.',
  input: z.object({ taskId: taskIdOrPrefix }),
  output: z.object({ cancelled: z.boolean(), task: TaskView, hint: z.string().optional() }),
  readOnly: false,
  destructive: true,
  idempotent: true,
  run: ({ taskId }, { mission }) => mission.cancel(taskId),
});

export const missionInbox = operation({
  name: 'mission_inbox',
  title: 'Read the inbox',
  description:
    'What came back from tasks, newest first. `markRead: true` marks what is returned as read; `ids` marks those messages without returning others.',
  input: z.object({
    unreadOnly: z.boolean().default(true),
    limit: z.number().int().positive().max(500).default(10),
    markRead: z.boolean().default(false),
    ids: z.array(z.number().int()).optional().describe('Marks exactly these as read.'),
  }),
  output: z.object({ messages: z.array(InboxMessageView), marked: z.number() }),
  readOnly: false,
  run({ unreadOnly, limit, markRead, ids }, { mission }) {
    if (ids !== undefined) return { messages: [], marked: mission.markInboxRead(ids).marked };
    const messages = [...mission.inbox({ unreadOnly, limit })];
    const marked = markRead ? mission.markInboxRead(messages.map(({ id }) => id)).marked : 0;
    return { messages, marked };
  },
});

export const taskOperations = [
  missionSubmit,
  missionAsk,
  missionStatus,
  missionTask,
  missionCancel,
  missionInbox,
];
