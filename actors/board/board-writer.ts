import type { BoardTaskId } from '../../db/ids.ts';
import type { BoardTaskRow } from '../../services/ledger/board-ledger.ts';
import type { MissionCore } from '../core.ts';
import { IN_EVENT, pageOf } from '../mission/text-page.ts';
import { boardNoteView, boardTaskView } from './board-view.ts';
import type { NoteType } from './board-views.ts';

/** More of an answer is read with mission_status; a note is for reading. */
const NOTE_CHARACTERS = 20_000;

export interface NewNote {
  readonly content: string;
  readonly noteType: NoteType;
  readonly author: string;
}

/** Writes what happens on the board, and tells of it once it is stored. */
export function createBoardWriter(core: Pick<MissionCore, 'board' | 'bus' | 'now'>) {
  return {
    /** Whoever hears of a change finds it in the database. */
    changed(before: BoardTaskRow): void {
      const after = core.board.get(before.id);
      if (after === undefined) return;
      core.bus.publish({
        type: 'board_changed',
        at: core.now(),
        task: boardTaskView(after, IN_EVENT),
        ...(before.status === after.status ? {} : { previousStatus: before.status }),
      });
    },

    /** @returns what is to be called once the note is stored */
    note(boardTaskId: BoardTaskId, { content, noteType, author }: NewNote) {
      const note = core.board.addNote({
        boardTaskId,
        noteType,
        author,
        createdAt: core.now(),
        content:
          content.length > NOTE_CHARACTERS
            ? `${content.slice(0, NOTE_CHARACTERS)}… (${content.length} characters in all)`
            : content,
      });
      const view = boardNoteView(note);
      const told = { ...view, content: pageOf(view.content, IN_EVENT).text };
      return { view, tell: () => core.bus.publish({ type: 'board_noted', at: note.createdAt, note: told }) };
    },
  };
}

export type BoardWriter = ReturnType<typeof createBoardWriter>;
