import { randomUUID } from 'node:crypto';
import { BoardTaskId, type TaskId } from '../../db/ids.ts';
import { hasEnded, isWorkedOn, nextStatuses } from '../../machines/board-task.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { BoardTaskRow } from '../../services/ledger/board-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { Mission } from '../mission/api.ts';
import type { Board, BoardChange, BoardFields } from './api.ts';
import { assignedTo } from './assignee.ts';
import type { Autopilot } from './autopilot.ts';
import type { BoardReading } from './board-reading.ts';
import { boardTaskView } from './board-view.ts';
import type { BoardWriter } from './board-writer.ts';
import { findBoardTask } from './find-board-task.ts';
import { UNCLAIMED } from './follow-run.ts';

export interface BoardOperationsDependencies {
  readonly core: MissionCore;
  readonly writer: BoardWriter;
  readonly autopilot: Pick<Autopilot, 'letGo' | 'lookSoon'>;
  readonly cancel: Mission['cancel'];
}

/** What people, orchestrators and agents change on the board. */
export function createBoardOperations({
  core,
  writer,
  autopilot,
  cancel,
}: BoardOperationsDependencies): Omit<Board, keyof BoardReading> {
  const { board } = core;
  const find = (idOrPrefix: string): BoardTaskRow => findBoardTask(board, idOrPrefix);

  /** @throws MissionError `input_invalid` when it would hang below itself */
  function parentOf(id: BoardTaskId | null, idOrPrefix: string | null | undefined): BoardTaskId | null {
    if (idOrPrefix == null) return null;
    const parent = find(idOrPrefix);
    const isCircle =
      id !== null && (parent.id === id || board.below(id).some((child) => child.id === parent.id));
    if (!isCircle) return parent.id;
    throw new MissionError('input_invalid', 'A board task cannot hang below itself.', {
      remedy: 'Move the other one first, or leave it where it is.',
    });
  }

  /** The autopilot gives work to slots only; anybody may be an assignee otherwise. */
  function checkAssignee({ autoExecute, assignee }: Pick<BoardTaskRow, 'autoExecute' | 'assignee'>): void {
    if (!autoExecute || (assignee !== null && assignedTo(core, assignee) !== null)) return;
    const slots = [...core.runtimes.values()].map(({ configuration: { id, role } }) => `${id} (${role})`);
    throw new MissionError(
      'input_invalid',
      assignee === null
        ? 'autoExecute needs an assignee.'
        : `autoExecute needs a slot or a role as assignee; "${assignee}" is neither.`,
      { remedy: `Use one of: ${slots.join(', ') || 'none is configured; add a slot to slots.yaml'}.` },
    );
  }

  /** The columns that a request names; `null` clears. */
  function columns(id: BoardTaskId | null, fields: BoardFields): Partial<BoardTaskRow> {
    const { description, parentId, ...same } = fields;
    const named = Object.fromEntries(Object.entries(same).filter(([, value]) => value !== undefined));
    return {
      ...named,
      ...(description === undefined ? {} : { description: description ?? '' }),
      ...(parentId === undefined ? {} : { parentId: parentOf(id, parentId) }),
    };
  }

  /** What a new status brings with it. */
  function moved(before: BoardTaskRow, status: BoardTaskRow['status'], by: string): Partial<BoardTaskRow> {
    const next = nextStatuses(before.status);
    if (!next.includes(status)) {
      throw new MissionError(
        'board_transition',
        `The board task is ${before.status}; it cannot become ${status}.`,
        {
          remedy: `It can become ${next.join(', ')}.`,
        },
      );
    }
    const now = core.now();
    if (isWorkedOn(status)) checkFree(before, by, false);
    const claim =
      isWorkedOn(status) && before.claimExecutorId === null
        ? { claimExecutorId: by, claimExecutorType: 'manual_session' as const, claimedAt: now }
        : {};
    return {
      status,
      blockedOn: null,
      finishedAt: hasEnded(status) ? now : null,
      ...(isWorkedOn(status) ? claim : UNCLAIMED),
    };
  }

  /** @throws MissionError `board_claimed` */
  function checkFree(row: BoardTaskRow, by: string, takeOver: boolean): void {
    const { claimExecutorId: holder, claimExecutorType: type, claimedAt } = row;
    if (holder === null || (holder === by && type !== 'autopilot')) return;
    if (takeOver && type !== 'autopilot') return;
    const since = claimedAt === null ? '' : ` since ${new Date(claimedAt).toISOString()}`;
    throw new MissionError('board_claimed', `${holder} works on it${since}.`, {
      remedy:
        type === 'autopilot'
          ? 'Set its status to open, with autoExecute false, to take it from the autopilot: its task is cancelled then.'
          : 'Ask them, or claim it with takeOver: true.',
    });
  }

  /**
   * Puts it at a place among its siblings.
   * @returns those that had to move for it
   */
  function place(row: BoardTaskRow, at: number): readonly BoardTaskRow[] {
    const others = board.childrenOf(row.parentId).filter(({ id }) => id !== row.id);
    const order = [...others.slice(0, at), row, ...others.slice(at)];
    for (const [orderIdx, { id }] of order.entries()) board.update(id, { orderIdx });
    return others.filter((other) => order.indexOf(other) !== other.orderIdx);
  }

  async function stop(taskId: TaskId | null): Promise<{ readonly hint?: string }> {
    if (taskId === null) return {};
    try {
      const { cancelled, hint = '' } = await cancel(taskId);
      const what = cancelled
        ? `The autopilot's task ${taskId} was cancelled.`
        : `The autopilot's task ${taskId}:`;
      return { hint: `${what} ${hint}`.trim() };
    } catch (error) {
      // What is on the board counts already; a session that is slow to end ends all the same.
      if (!(error instanceof MissionError) || error.code !== 'timeout') throw error;
      return { hint: `The autopilot's task ${taskId} is being cancelled; its session has not stopped yet.` };
    }
  }

  async function update(before: BoardTaskRow, change: BoardChange, by: string) {
    const { status, orderIdx, ...fields } = change;
    const named = columns(before.id, fields);
    const next = { ...before, ...named };
    if (named.autoExecute !== undefined || named.assignee !== undefined) checkAssignee(next);
    const movesTo = status === undefined || status === before.status ? null : status;
    const move = movesTo === null ? {} : moved(before, movesTo, by);
    const movesElsewhere = named.parentId !== undefined && named.parentId !== before.parentId;
    const { left, aside } = board.atOnce(() => {
      board.update(before.id, {
        ...named,
        ...move,
        ...(movesElsewhere ? { orderIdx: board.nextPlace(next.parentId) } : {}),
        updatedAt: core.now(),
      });
      return {
        aside: orderIdx === undefined ? [] : place(next, orderIdx),
        left: movesTo === null ? null : autopilot.letGo(before.id),
      };
    });
    for (const row of [before, ...aside]) writer.changed(row);
    const stopped = await stop(left);
    autopilot.lookSoon();
    return { ...boardTaskView(find(before.id)), ...stopped };
  }

  return {
    create({ title, ...fields }, by) {
      const named = columns(null, fields);
      const now = core.now();
      const row: BoardTaskRow = {
        id: BoardTaskId.parse(randomUUID()),
        title,
        description: '',
        status: 'open',
        priority: 'medium',
        category: 'other',
        project: null,
        server: null,
        dueDate: null,
        parentId: null,
        assignee: null,
        autoExecute: false,
        promptTemplate: null,
        options: null,
        hidden: false,
        orderIdx: board.nextPlace(named.parentId ?? null),
        ...UNCLAIMED,
        blockedOn: null,
        runs: 0,
        taskId: null,
        createdBy: by,
        createdAt: now,
        updatedAt: now,
        finishedAt: null,
        ...named,
      };
      checkAssignee(row);
      board.insert(row);
      writer.changed(row);
      autopilot.lookSoon();
      return boardTaskView(row);
    },

    update: (idOrPrefix, change, by) => update(find(idOrPrefix), change, by),

    toggle(idOrPrefix, by) {
      const row = find(idOrPrefix);
      return update(row, { status: row.status === 'done' ? 'open' : 'done' }, by);
    },

    async remove(idOrPrefix, { children }) {
      const row = find(idOrPrefix);
      const others = board.below(row.id);
      if (others.length > 0 && !children) {
        throw new MissionError(
          'board_has_children',
          `${others.length} board ${others.length === 1 ? 'task hangs' : 'tasks hang'} below “${row.title}”.`,
          { remedy: 'Say children: true to delete them with it, or give them another parent first.' },
        );
      }
      const ids = [row, ...others].map(({ id }) => id);
      // While its rows are there: a daemon that is killed now still knows what has to be stopped.
      const left = board.atOnce(() =>
        ids
          .filter((id) => board.activeRun(id) !== undefined)
          .map((id) => {
            board.update(id, {
              ...UNCLAIMED,
              status: 'blocked',
              blockedOn: { question: 'It is being deleted.' },
            });
            return autopilot.letGo(id);
          }),
      );
      await Promise.all(left.map(stop));
      board.remove(ids);
      core.bus.publish({ type: 'board_removed', at: core.now(), ids });
      // A parent may have waited for it.
      autopilot.lookSoon();
      return { deleted: ids.length, id: row.id };
    },

    claim(idOrPrefix, { executorId, executorType, takeOver }) {
      const before = find(idOrPrefix);
      checkFree(before, executorId, takeOver);
      if (before.claimExecutorId === executorId) return boardTaskView(before);
      if (before.status !== 'open' && before.claimExecutorId === null) {
        throw new MissionError(
          'board_transition',
          `The board task is ${before.status}; only an open one is claimed.`,
          { remedy: 'Set its status to open first.' },
        );
      }
      const now = core.now();
      board.update(before.id, {
        status: 'running',
        claimExecutorId: executorId,
        claimExecutorType: executorType,
        claimedAt: now,
        updatedAt: now,
      });
      writer.changed(before);
      return boardTaskView(find(before.id));
    },

    addNote(idOrPrefix, note) {
      const { id } = find(idOrPrefix);
      const { view, tell } = writer.note(id, note);
      tell();
      return view;
    },
  };
}
