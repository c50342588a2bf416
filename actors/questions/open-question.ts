import type { Epoch, SlotId } from '../../db/ids.ts';
import type { DialogReading } from '../../services/terminal/reading.ts';
import type { QuestionView } from '../mission/views.ts';

/** The answer that Claude Code's PermissionRequest hook is told. */
export type HookAnswer =
  | { readonly behavior: 'allow' }
  | { readonly behavior: 'deny'; readonly message: string };

/** What a PermissionRequest hook asks. */
export interface HookRequest {
  readonly slotId: SlotId;
  readonly epoch: Epoch;
  readonly tool: string;
  /** As it is shown: without secrets. */
  readonly argument: string;
  /** As it was called, to know it again on the screen. It is neither stored nor shown. */
  readonly called: string;
  /** How it is to be run, where that is not as usual: ` in the background`. */
  readonly manner: string;
  /** Why it is asked. */
  readonly rule: string;
  /** No agent answers it, an orchestrating one neither. */
  readonly personOnly: boolean;
}

/** What a question is known by. */
export const FROM_HOOK = 'PermissionRequest hook';
export const FROM_SCREEN = 'dialog on the screen';
export const FROM_AGENT = 'mission_question_ask';

/** A question that waits. */
export interface OpenQuestion {
  view: QuestionView;
  readonly epoch: Epoch;
  /** What is asked about, secrets and all; undefined where only the view tells. */
  called: string | undefined;
  /** Answers the hook that waits (null: no verdict); null itself when only the dialog on the screen is left. */
  answerHook: ((answer: HookAnswer | null) => void) | null;
  /** True once the dialog stood on the screen: from then on its going away closes the question. */
  seenOnScreen: boolean;
  /** Of the dialog on the screen; null until it was seen. */
  signature: string | null;
  /** The dialog as it stands on the screen now. */
  dialog: DialogReading | null;
  /** Asked under an earlier daemon, and not seen again yet. */
  isRemembered: boolean;
  /** Who answers it by keys just now: what the screen shows meanwhile is theirs to explain. */
  answering: string | null;
  /** Resolves when nothing waits for this question any more. */
  readonly closed: Promise<void>;
  readonly markClosed: () => void;
}

export function openQuestion(view: QuestionView, epoch: Epoch): OpenQuestion {
  let markClosed = (): void => {};
  const closed = new Promise<void>((resolve) => {
    markClosed = resolve;
  });
  return {
    view,
    epoch,
    called: undefined,
    answerHook: null,
    seenOnScreen: false,
    signature: null,
    dialog: null,
    isRemembered: false,
    answering: null,
    closed,
    markClosed,
  };
}
