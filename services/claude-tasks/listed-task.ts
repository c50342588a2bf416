import { z } from 'zod';

/** Of a subject, a description: what is shown of it. */
const MOST_CHARACTERS = 2_000;
const MOST_CHARACTERS_OF_AN_ID = 100;
/** A list has some dozens. */
const MOST_TASKS = 1_000;

export const ListedTaskStatus = z.enum(['pending', 'in_progress', 'completed']);
export type ListedTaskStatus = z.infer<typeof ListedTaskStatus>;

/** A task as it stands in a list of Claude Code's own. */
export const ListedTask = z.object({
  /** As Claude Code numbers them; of older versions their places. */
  taskId: z.string(),
  subject: z.string(),
  description: z.string().nullable(),
  /** What is said while it is worked on. */
  activeForm: z.string().nullable(),
  status: ListedTaskStatus,
  owner: z.string().nullable(),
  /** Tasks that come first. */
  blockedBy: z.array(z.string()).readonly(),
});
export type ListedTask = Readonly<z.infer<typeof ListedTask>>;

/** A list that is not what it was. */
export const TaskListChange = z.object({
  /** The session's id; of a subagent that has its own `<session>/agent-<id>`. */
  name: z.string(),
  sessionId: z.string(),
  before: z.array(ListedTask).readonly(),
  after: z.array(ListedTask).readonly(),
  /** Epoch milliseconds. */
  at: z.number(),
});
export type TaskListChange = Readonly<z.infer<typeof TaskListChange>>;

/** Cut only by `withoutSecrets`: half a secret is not known for one. */
const words = z.string();
const wordsOrNone = words.optional().catch(undefined);
const Status = ListedTaskStatus.catch('pending');

/** `tasks/<session>/<id>.json` (2.1.329): TaskCreate and TaskUpdate write it. */
export const TaskFile = z
  .object({
    id: z.string().min(1).max(MOST_CHARACTERS_OF_AN_ID),
    subject: words,
    description: wordsOrNone,
    activeForm: wordsOrNone,
    status: Status,
    owner: wordsOrNone,
    blockedBy: z.array(z.string()).catch([]),
  })
  .transform(
    ({ id, description = null, activeForm = null, owner = null, ...rest }): ListedTask => ({
      ...rest,
      taskId: id,
      description,
      activeForm,
      owner,
    }),
  );

/** `todos/<session>-agent-<agent>.json`, and what TodoWrite is given (2.0.60): the whole list each time. */
export const Todos = z
  .array(z.object({ content: words, status: Status, activeForm: wordsOrNone }))
  .transform((todos) =>
    todos.slice(0, MOST_TASKS).map(
      ({ content, status, activeForm = null }, at): ListedTask => ({
        taskId: String(at + 1),
        subject: content,
        description: null,
        activeForm,
        status,
        owner: null,
        blockedBy: [],
      }),
    ),
  );

/** The beginning of a text, without half a character at its end. */
const beginningOf = (text: string, most: number): string =>
  text.slice(0, most).replace(/[\ud800-\udbff]$/, '');

/**
 * What is kept of the words of a task.
 * @param redact takes secrets out of a text
 */
export const cleanWords = (text: string, redact: (text: string) => string): string =>
  beginningOf(redact(text), MOST_CHARACTERS);

/** @param redact takes secrets out of a text */
export function withoutSecrets(task: ListedTask, redact: (text: string) => string): ListedTask {
  const clean = (text: string | null): string | null => (text === null ? null : cleanWords(text, redact));
  return {
    ...task,
    subject: cleanWords(task.subject, redact),
    description: clean(task.description),
    activeForm: clean(task.activeForm),
    owner: clean(task.owner),
    blockedBy: task.blockedBy
      .slice(0, MOST_TASKS)
      .map((id) => beginningOf(redact(id), MOST_CHARACTERS_OF_AN_ID)),
  };
}
