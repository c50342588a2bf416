import type { BoardOptions, BoardStatus } from '../../db/schema/board.ts';
import type { BoardNode, BoardNoteView, BoardSummary, BoardTaskView, NoteType } from './board-views.ts';

type Clearable<Value> = Value | null | undefined;

/** What may be said of a board task. `null` clears, what is left out stays. */
export interface BoardFields {
  readonly description?: Clearable<string>;
  readonly priority?: BoardTaskView['priority'] | undefined;
  readonly category?: BoardTaskView['category'] | undefined;
  readonly project?: Clearable<string>;
  readonly server?: Clearable<string>;
  readonly dueDate?: Clearable<string>;
  /** An id, or a unique beginning of one. */
  readonly parentId?: Clearable<string>;
  readonly assignee?: Clearable<string>;
  readonly autoExecute?: boolean | undefined;
  readonly promptTemplate?: Clearable<string>;
  readonly options?: Clearable<BoardOptions>;
  readonly hidden?: boolean | undefined;
}

export interface BoardChange extends BoardFields {
  readonly title?: string | undefined;
  readonly status?: BoardStatus | undefined;
  /** The place among its siblings, 0 for the first. */
  readonly orderIdx?: number | undefined;
}

export interface BoardFilter {
  readonly status?: BoardStatus | undefined;
  readonly project?: string | undefined;
  readonly category?: BoardTaskView['category'] | undefined;
  readonly assignee?: string | undefined;
  readonly includeHidden?: boolean | undefined;
}

export interface BoardDetails extends BoardTaskView {
  /** The last ones, oldest first. */
  readonly notes: BoardNoteView[];
  readonly notesTotal: number;
  readonly children: BoardTaskView[];
  /** Why the autopilot does not begin it, where it should. */
  readonly waitsFor?: string;
}

export interface Claimant {
  readonly executorId: string;
  readonly executorType: 'manual_session' | 'pty_slot';
  /** Takes it from whoever has it: nobody else's claim ends by itself. */
  readonly takeOver: boolean;
}

type Told = BoardTaskView & { readonly hint?: string };

/**
 * The board: work that people, orchestrators and the autopilot share. Every `idOrPrefix` may be shortened to a unique
 * beginning. Methods throw `MissionError`.
 */
export interface Board {
  list(filter: BoardFilter): readonly BoardNode[];
  create(fields: BoardFields & { readonly title: string }, by: string): BoardTaskView;
  /** Another status than the run's ends a run of the autopilot: its task is cancelled, which the hint says. */
  update(idOrPrefix: string, change: BoardChange, by: string): Promise<Told>;
  get(idOrPrefix: string): BoardDetails;
  /** With everything below it, which has to be asked for. A run that goes on is cancelled first. */
  remove(
    idOrPrefix: string,
    options: { readonly children: boolean },
  ): Promise<{ readonly deleted: number; readonly id: BoardTaskView['id'] }>;
  /** Done becomes open, everything else done. */
  toggle(idOrPrefix: string, by: string): Promise<Told>;
  claim(idOrPrefix: string, claimant: Claimant): BoardTaskView;
  addNote(
    idOrPrefix: string,
    note: { readonly content: string; readonly noteType: NoteType; readonly author: string },
  ): BoardNoteView;
  /** @param since epoch milliseconds: what has ended counts from then on */
  summary(since: number): BoardSummary;
}
