import { isSettled } from '../../machines/board-task.ts';
import { localDay } from '../../services/calendar/local-day.ts';
import type { BoardTaskRow } from '../../services/ledger/board-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { Mission } from '../mission/api.ts';
import { IN_LIST } from '../mission/text-page.ts';
import type { Board } from './api.ts';
import { slotsOf } from './assignee.ts';
import type { Autopilot } from './autopilot.ts';
import { boardNoteView, boardTaskView, boardTree } from './board-view.ts';
import { findBoardTask } from './find-board-task.ts';

/** Of a task that people talk about for weeks the last words count. */
const SHOWN_NOTES = 100;

export interface BoardReadingDependencies {
  readonly core: MissionCore;
  readonly autopilot: Pick<Autopilot, 'throttledUntil'>;
  /** Questions that wait for an answer. */
  readonly questions: Mission['questions'];
}

export type BoardReading = Pick<Board, 'list' | 'get' | 'summary'>;

/** What the board shows. */
export function createBoardReading({ core, autopilot, questions }: BoardReadingDependencies): BoardReading {
  const { board } = core;

  /** Why the autopilot has not begun what it should. */
  function waitsFor(row: BoardTaskRow): string | undefined {
    if (!row.autoExecute || row.status !== 'open' || row.assignee === null) return undefined;
    if (row.dueDate !== null && row.dueDate > localDay(core.now())) return `It begins on ${row.dueDate}.`;
    const unfinished = board.childrenOf(row.id).filter(({ status }) => !isSettled(status));
    if (unfinished.length > 0)
      return `It waits for what hangs below it: ${unfinished.map(({ title, status }) => `${title} (${status})`).join(', ')}.`;
    if (slotsOf(core, row.assignee) === 0)
      return `${row.assignee} was stopped by somebody; it begins when that is started again.`;
    const until = autopilot.throttledUntil(row.assignee);
    if (until !== null)
      return `${row.assignee} failed three times in a row and gets nothing before ${new Date(until).toISOString()}.`;
    return `It begins when ${row.assignee} has ended what it does for the board.`;
  }

  return {
    list({ status, project, category, assignee, includeHidden = false }) {
      const rows = board.all();
      const hidden = includeHidden
        ? new Set()
        : new Set(
            rows
              .filter((row) => row.hidden)
              .flatMap(({ id }) => [id, ...board.below(id).map((one) => one.id)]),
          );
      return boardTree(
        rows.filter(
          (row) =>
            !hidden.has(row.id) &&
            (status === undefined || row.status === status) &&
            (project === undefined || row.project === project) &&
            (category === undefined || row.category === category) &&
            (assignee === undefined || row.assignee === assignee),
        ),
      );
    },

    get(idOrPrefix) {
      const row = findBoardTask(board, idOrPrefix);
      const why = waitsFor(row);
      return {
        ...boardTaskView(row),
        notes: board.notesOf(row.id, SHOWN_NOTES).map(boardNoteView),
        notesTotal: board.noteCount(row.id),
        children: board.childrenOf(row.id).map((child) => boardTaskView(child, IN_LIST)),
        ...(why === undefined ? {} : { waitsFor: why }),
      };
    },

    summary(since) {
      const counts = board.counts(since);
      const of = (status: BoardTaskRow['status']): number => counts.get(status) ?? 0;
      return {
        open: of('open'),
        running: of('running'),
        verifying: of('verifying'),
        blocked: of('blocked'),
        completed: of('done'),
        failed: of('failed'),
        skipped: of('skipped'),
        pendingQuestions: questions().length,
      };
    },
  };
}
