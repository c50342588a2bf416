import type { BoardTaskId } from '../../db/ids.ts';
import type { BoardNoteRow, BoardTaskRow } from '../../services/ledger/board-ledger.ts';
import { IN_LIST, type PageRequest, pageOf } from '../mission/text-page.ts';
import { type BoardNode, type BoardNoteView, BoardTaskView } from './board-views.ts';

/** A row as every door shows it: what is null there is left out; of long texts a page, where one is named. */
export function boardTaskView(row: BoardTaskRow, page?: PageRequest): BoardTaskView {
  const view = BoardTaskView.parse(
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)),
  );
  if (page === undefined) return view;
  const { description, promptTemplate } = view;
  return {
    ...view,
    description: pageOf(description, page).text,
    ...(promptTemplate === undefined ? {} : { promptTemplate: pageOf(promptTemplate, page).text }),
  };
}

export function boardNoteView({ boardTaskId, ...note }: BoardNoteRow): BoardNoteView {
  return { ...note, taskId: boardTaskId };
}

/** Rows with what hangs below them, in the order of the rows. One whose parent is not among them stands at the top. */
export function boardTree(rows: readonly BoardTaskRow[]): readonly BoardNode[] {
  const nodes = new Map<BoardTaskId, BoardNode>(
    rows.map((row) => [row.id, { ...boardTaskView(row, IN_LIST), children: [] }]),
  );
  const top: BoardNode[] = [];
  for (const node of nodes.values()) {
    const parent = node.parentId === undefined ? undefined : nodes.get(node.parentId);
    (parent?.children ?? top).push(node);
  }
  return top;
}
