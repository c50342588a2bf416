import type { SlotId, TaskId } from '../db/ids.ts';
import type { Assignment } from '../machines/task-events.ts';
import type { AttemptRow } from '../services/ledger/attempt-ledger.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';
import { attemptPrompt } from './attempt-prompt.ts';
import type { MissionCore } from './core.ts';

export interface AttemptsDependencies {
  readonly core: Pick<MissionCore, 'attempts' | 'tasks' | 'waiting' | 'permissions' | 'now'>;
  /** The words for a slot, behind what an earlier session has handed over there. */
  readonly behindHandOver: (slotId: SlotId, taskId: TaskId, words: string) => string;
  /** Writes in the next transaction, which is that of the task's own row. */
  readonly writeLater: (write: () => void) => void;
}

/** Where no command counts as a check, the end of a turn does: the next attempt may make as many changes as the first. */
function startsAfresh({ guard }: TaskRow, before: AttemptRow | undefined): boolean {
  const turnEnded =
    before !== undefined &&
    before.outcome !== null &&
    before.outcome !== 'lost' &&
    before.outcome !== 'continued';
  return guard !== null && guard.check === undefined && turnEnded;
}

/** Writes down each run of a task in a slot, with the words that it is given there. */
export function createAttempts({ core, behindHandOver, writeLater }: AttemptsDependencies) {
  return {
    /**
     * @param hasTheWords the transcript of the session that is resumed holds the words of the task
     * @returns the number of the attempt that begins
     * @throws MissionError `prompt_too_long`
     */
    begin(taskId: TaskId, { slotId, epoch, sessionId }: Assignment, hasTheWords = false): number {
      const before = core.attempts.last(taskId);
      const number = (before?.number ?? 0) + 1;
      const task = core.tasks.get(taskId);
      if (task === undefined) return number;
      const words = attemptPrompt(task, core.waiting.dependenciesOf(taskId), before, {
        sessionId,
        attempt: number,
        answers: before === undefined ? [] : core.permissions.answersTo(taskId, before.startedAt),
        hasTheWords,
      });
      const prompt = behindHandOver(slotId, taskId, words);
      const startedAt = core.now();
      if (startsAfresh(task, before)) writeLater(() => core.tasks.update(taskId, { unchecked: 0 }));
      writeLater(() =>
        core.attempts.begin({
          taskId,
          number,
          slotId,
          epoch,
          sessionId,
          prompt,
          startedAt,
          endedAt: null,
          outcome: null,
          errorCode: null,
          error: null,
          inputTokens: null,
          outputTokens: null,
          cacheTokens: null,
          costUsd: null,
        }),
      );
      return number;
    },
  };
}

export type Attempts = ReturnType<typeof createAttempts>;
