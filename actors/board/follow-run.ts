import type { TaskId } from '../../db/ids.ts';
import type { BlockedOn, RunOutcome } from '../../db/schema/board.ts';
import { hasEnded, standingOfRun } from '../../machines/board-task.ts';
import { type MissionError, toFailure } from '../../services/errors/mission-error.ts';
import type { BoardTaskRow } from '../../services/ledger/board-ledger.ts';
import type { BoardRunRow } from '../../services/ledger/board-run-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { QuestionView } from '../mission/views.ts';
import type { BoardWriter, NewNote } from './board-writer.ts';
import { AUTOPILOT } from './run-prompt.ts';

/** Nobody works on it. */
export const UNCLAIMED = { claimExecutorId: null, claimExecutorType: null, claimedAt: null } as const;

export interface RunFollowerDependencies {
  readonly core: Pick<MissionCore, 'board' | 'inbox' | 'now' | 'tasks'>;
  readonly writer: BoardWriter;
  /** Questions that wait for an answer. */
  readonly questions: () => readonly QuestionView[];
}

interface End {
  readonly status: BoardTaskRow['status'];
  readonly outcome: RunOutcome;
  readonly noteType: NewNote['noteType'];
  readonly words: string;
}

function wordsOf(task: TaskRow): string {
  if (task.status === 'done') return task.result ?? '';
  if (task.status === 'cancelled')
    return `Its task ${task.id} was cancelled. Set the status to open to let it begin again.`;
  return `${task.errorCode ?? 'failed'}: ${task.error ?? ''}`;
}

/** Lets a board task stand where its run stands. */
export function createRunFollower({ core, writer, questions }: RunFollowerDependencies) {
  const { board } = core;

  /** What the board task waits for while its run waits for a person. */
  function questionOf(taskId: TaskId, before: BlockedOn | null): BlockedOn {
    const open = questions().find((question) => question.taskId === taskId);
    if (open === undefined) return before ?? { question: 'The session waits for an answer.' };
    const { id, slotId, question, tool, argument, options } = open;
    const about = [tool, argument].filter((word) => word !== undefined && word !== '').join(' ');
    return {
      question: about === '' ? question : `${question} ${about}`,
      options,
      questionId: id,
      slotId,
    };
  }

  function tellInbox({ title }: BoardTaskRow, { id, role }: TaskRow, words: string): void {
    core.inbox.add({ taskId: id, fromRole: role, content: `“${title}” ${words}`, createdAt: core.now() });
  }

  function end(run: BoardRunRow, { status, outcome, noteType, words }: End, task?: TaskRow): void {
    const before = board.get(run.boardTaskId);
    if (before === undefined) return;
    const now = core.now();
    const noted = board.atOnce(() => {
      board.updateRun(run, { endedAt: now, outcome });
      board.update(before.id, {
        ...UNCLAIMED,
        status,
        blockedOn: status === 'blocked' ? { question: words } : null,
        updatedAt: now,
        finishedAt: hasEnded(status) ? now : null,
      });
      // That it is done or has failed is in the inbox by its task.
      if (outcome === 'cancelled' && task !== undefined)
        tellInbox(before, task, 'is blocked: its task was cancelled.');
      return writer.note(before.id, { noteType, author: AUTOPILOT, content: words });
    });
    noted.tell();
    writer.changed(before);
  }

  return {
    /** Called as often as one likes. Returns true when the run is over. */
    follow(run: BoardRunRow): boolean {
      const before = board.get(run.boardTaskId);
      const task = run.taskId === null ? undefined : core.tasks.get(run.taskId);
      if (before === undefined || task === undefined) return false;
      const { status, outcome } = standingOfRun(task);
      if (outcome !== null) {
        end(
          run,
          { status, outcome, noteType: status === 'done' ? 'summary' : 'progress', words: wordsOf(task) },
          task,
        );
        return true;
      }
      const blockedOn = status === 'blocked' ? questionOf(task.id, before.blockedOn) : null;
      if (before.status === status && JSON.stringify(blockedOn) === JSON.stringify(before.blockedOn))
        return false;
      board.atOnce(() => {
        board.update(before.id, { status, blockedOn, updatedAt: core.now() });
        if (blockedOn !== null && blockedOn.question !== before.blockedOn?.question)
          tellInbox(before, task, `is blocked: ${blockedOn.question}`);
      });
      writer.changed(before);
      return false;
    },

    /** The run could not be handed in, and will not be. */
    fail(run: BoardRunRow, error: MissionError): void {
      const { code, message, remedy } = toFailure(error);
      const words = [`${code}: ${message}`, remedy].filter(Boolean).join(' ');
      end(run, { status: 'failed', outcome: 'failed', noteType: 'progress', words });
    },
  };
}
