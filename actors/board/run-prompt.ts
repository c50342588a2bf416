import type { BoardLedger, BoardTaskRow } from '../../services/ledger/board-ledger.ts';

/** How the autopilot signs notes and claims, and what it submits as. */
export const AUTOPILOT = 'autopilot';
/** Enough to know what a subtask came to. */
const SUMMARY_CHARACTERS = 1_000;
const NOTES_LOOKED_AT = 50;

const cut = (text: string): string =>
  text.length > SUMMARY_CHARACTERS ? `${text.slice(0, SUMMARY_CHARACTERS)}…` : text;

/**
 * What an agent is told to do: the template, or title and description. Behind them what its subtasks came to, and what
 * people have noted since an earlier run, which may answer what blocked it.
 */
export function runPrompt(board: BoardLedger, row: BoardTaskRow): string {
  const { promptTemplate, title, description } = row;
  const words = promptTemplate ?? (description === '' ? title : `${title}\n\n${description}`);
  const subtasks = board
    .childrenOf(row.id)
    .filter(({ status }) => status === 'done')
    .map((child) => {
      const summary = board
        .notesOf(child.id, NOTES_LOOKED_AT)
        .findLast(({ noteType }) => noteType === 'summary');
      return summary === undefined ? `- ${child.title}` : `- ${child.title}: ${cut(summary.content)}`;
    });
  const earlier = row.runs === 0 ? undefined : board.run(row.id, row.runs);
  const notes = board
    .notesOf(row.id, NOTES_LOOKED_AT)
    .filter(({ author, createdAt }) => author !== AUTOPILOT && createdAt >= (earlier?.startedAt ?? Infinity))
    .map(({ content }) => `- ${cut(content)}`);
  return [
    words,
    ...(subtasks.length === 0 ? [] : [`Its subtasks are done:\n${subtasks.join('\n')}`]),
    ...(notes.length === 0 ? [] : [`Noted since it was tried last:\n${notes.join('\n')}`]),
  ].join('\n\n');
}
