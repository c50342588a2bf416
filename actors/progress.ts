import type { SlotId, TaskId } from '../db/ids.ts';
import type { HookBody } from '../services/claude/hook-body.ts';
import type { MissionCore } from './core.ts';
import type { TaskProgress } from './mission/views.ts';

/** A tool can be called a hundred times a second; a row and an event so often would be felt. */
const WRITE_EVERY_MS = 500;
/** Enough to know what goes on; a secret at the front of what is kept may be cut, so less is shown than is kept. */
const KEPT_WORDS = 2_000;
const SHOWN_WORDS = 300;
const SHOWN_ARGUMENT = 200;

type CurrentTool = NonNullable<TaskProgress['currentTool']>;

/** What is known of a task while it runs. */
interface Course {
  readonly slotId: SlotId;
  readonly tools: Record<string, number>;
  /** Those that have begun and not ended, by id, oldest first. */
  readonly running: Map<string, CurrentTool>;
  words: string;
  /** The hooks tell what is said; where they do not, the transcript is read. */
  wordsAreTold: boolean;
  /** What was said before the daemon came back, already redacted. */
  readonly wordsBefore: string | undefined;
  messageEnded: boolean;
  turns: number;
  updatedAt: number;
  timer: NodeJS.Timeout | undefined;
}

export interface ProgressDependencies {
  readonly core: Pick<MissionCore, 'bus' | 'logger' | 'now' | 'occupied' | 'runtime' | 'tasks'>;
  readonly redact: (slotId: SlotId, text: string) => string;
  /** What was said last, by the end of a transcript; null when nothing was. */
  readonly readLastWords: (transcriptPath: string) => Promise<string | null>;
  /** Writes in the next transaction. */
  readonly writeLater: (write: () => void) => void;
}

/** Follows what tasks do while they run: tools, words, turns. Written and told of a few times a second at most. */
export function createProgress({ core, redact, readLastWords, writeLater }: ProgressDependencies) {
  const courses = new Map<TaskId, Course>();
  let disposed = false;

  /** The course of the task that the slot was given. */
  function courseOf(slotId: SlotId): { readonly taskId: TaskId; readonly course: Course } | null {
    const taskId = core.occupied.get(slotId);
    if (taskId === undefined) return null;
    const known = courses.get(taskId);
    if (known !== undefined) return { taskId, course: known };
    const before = core.tasks.get(taskId)?.progress ?? undefined;
    const course: Course = {
      slotId,
      tools: { ...before?.tools },
      running: new Map(),
      words: '',
      wordsAreTold: false,
      wordsBefore: before?.lastWords,
      messageEnded: false,
      turns: before?.turns ?? 0,
      updatedAt: core.now(),
      timer: undefined,
    };
    courses.set(taskId, course);
    return { taskId, course };
  }

  function viewOf({ slotId, tools, running, words, wordsBefore, turns, updatedAt }: Course): TaskProgress {
    const currentTool = [...running.values()].at(-1);
    const lastWords = words === '' ? wordsBefore : redact(slotId, words).trim().slice(-SHOWN_WORDS);
    return {
      tools: { ...tools },
      ...(currentTool === undefined ? {} : { currentTool }),
      ...(lastWords === undefined ? {} : { lastWords }),
      turns,
      updatedAt,
    };
  }

  async function readWords(course: Course): Promise<void> {
    const { transcriptPath } = core.runtime(course.slotId);
    if (course.wordsAreTold || transcriptPath === null) return;
    // A file that cannot be read says nothing; the tools are told all the same.
    const words = await readLastWords(transcriptPath).catch(() => null);
    if (words !== null && !course.wordsAreTold) course.words = words;
  }

  function tellSoon(taskId: TaskId, course: Course): void {
    course.timer = undefined;
    readWords(course)
      .then(() => {
        if (!disposed) tell(taskId, course);
      })
      .catch((error: unknown) => core.logger.error({ error: String(error) }, 'progress could not be told'));
  }

  function tell(taskId: TaskId, course: Course): void {
    const progress = viewOf(course);
    const publish = (): void => {
      if (!disposed)
        core.bus.publish({ type: 'task_progress', at: core.now(), taskId, slotId: course.slotId, progress });
    };
    writeLater(() => {
      core.tasks.update(taskId, { progress });
      // Once it is stored.
      setImmediate(publish);
    });
  }

  function moved(taskId: TaskId, course: Course): void {
    course.updatedAt = core.now();
    course.timer ??= setTimeout(() => tellSoon(taskId, course), WRITE_EVERY_MS);
  }

  function note(course: Course, hook: HookBody): boolean {
    switch (hook.name) {
      case 'UserPromptSubmit':
        course.turns += 1;
        return true;
      case 'PostToolUse':
      case 'PostToolUseFailure':
        course.running.delete(hook.toolUseId ?? hook.tool);
        return true;
      case 'MessageDisplay':
        course.wordsAreTold = true;
        course.words = `${course.messageEnded ? '' : course.words}${hook.delta}`.slice(-KEPT_WORDS);
        course.messageEnded = hook.final;
        return true;
      // A session that was resumed runs no tool of the run before.
      case 'SessionStart':
      case 'Stop':
      case 'StopFailure':
        course.running.clear();
        return true;
      default:
        return false;
    }
  }

  return {
    /** A hook of the slot's own conversation. */
    hookHeard(slotId: SlotId, hook: HookBody): void {
      const found = courseOf(slotId);
      if (found !== null && note(found.course, hook)) moved(found.taskId, found.course);
    },

    /** A tool was not refused, so it begins, or asks. `argument`: redacted. */
    toolBegan(slotId: SlotId, tool: string, toolUseId: string | undefined, argument: string): void {
      const found = courseOf(slotId);
      if (found === null) return;
      const { taskId, course } = found;
      course.tools[tool] = (course.tools[tool] ?? 0) + 1;
      course.running.set(toolUseId ?? tool, {
        name: tool,
        argument: argument.slice(0, SHOWN_ARGUMENT),
        since: core.now(),
      });
      moved(taskId, course);
    },

    /** The task has ended, or is back in the queue: what it has done stays in its row. */
    taskLeft(taskId: TaskId): void {
      const course = courses.get(taskId);
      if (course === undefined) return;
      courses.delete(taskId);
      course.running.clear();
      if (course.timer === undefined) return;
      clearTimeout(course.timer);
      tell(taskId, course);
    },

    dispose(): void {
      disposed = true;
      for (const { timer } of courses.values()) clearTimeout(timer);
      courses.clear();
    },
  };
}

export type Progress = ReturnType<typeof createProgress>;
