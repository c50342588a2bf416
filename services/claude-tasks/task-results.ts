import { z } from 'zod';
import {
  cleanWords,
  type ListedTask,
  type ListedTaskStatus,
  ListedTaskStatus as Status,
  Todos,
  withoutSecrets,
} from './listed-task.ts';

/** What a call of a session's did to its task list, as the transcript has it behind the tool's result. */
export type TaskListCall =
  | {
      readonly kind: 'created';
      readonly taskId: string;
      readonly subject: string;
      readonly description: string | null;
    }
  | { readonly kind: 'moved'; readonly taskId: string; readonly to: ListedTaskStatus | 'deleted' }
  /** The whole list anew. */
  | { readonly kind: 'list'; readonly tasks: readonly ListedTask[] };

const id = z.string().min(1).max(100);

/** `toolUseResult` of TaskCreate, TaskUpdate (2.1.329) and TodoWrite (2.0.60); anything else is none of them. */
const Result = z.union([
  z.object({ task: z.object({ id, subject: z.string(), description: z.string().optional() }) }).transform(
    ({ task }): TaskListCall => ({
      kind: 'created',
      taskId: task.id,
      subject: task.subject,
      description: task.description ?? null,
    }),
  ),
  z
    .object({
      success: z.literal(true),
      taskId: id,
      statusChange: z.object({ to: z.union([Status, z.literal('deleted')]) }),
    })
    .transform(({ taskId, statusChange: { to } }): TaskListCall => ({ kind: 'moved', taskId, to })),
  z
    .object({ oldTodos: z.unknown(), newTodos: Todos })
    .transform(({ newTodos }): TaskListCall => ({ kind: 'list', tasks: newTodos })),
]);

/** Null for the result of any other tool. */
export function taskListCallOf(toolUseResult: unknown): TaskListCall | null {
  if (typeof toolUseResult !== 'object' || toolUseResult === null) return null;
  // Results of other tools are large and many.
  if (!('task' in toolUseResult || 'statusChange' in toolUseResult || 'newTodos' in toolUseResult))
    return null;
  return Result.safeParse(toolUseResult).data ?? null;
}

/** @param redact takes secrets out of a text */
export function callWithoutSecrets(call: TaskListCall, redact: (text: string) => string): TaskListCall {
  if (call.kind === 'list') return { ...call, tasks: call.tasks.map((task) => withoutSecrets(task, redact)) };
  if (call.kind === 'moved') return call;
  const { subject, description } = call;
  return {
    ...call,
    subject: cleanWords(subject, redact),
    description: description === null ? null : cleanWords(description, redact),
  };
}
