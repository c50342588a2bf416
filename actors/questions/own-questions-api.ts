import type { QuestionId, SlotId } from '../../db/ids.ts';
import type { Party } from '../messages/api.ts';
import type { ConfirmResponse } from '../mission/api.ts';
import type { QuestionView } from '../mission/views.ts';

/** What an agent wants to know. */
export interface AskWish {
  readonly question: string;
  /** What it suggests; other words are an answer, too. */
  readonly options: readonly string[];
  /** Whom it asks. What it asks a person, nobody else answers. */
  readonly of: 'supervisor' | 'person';
  /** False when it goes on without the answer. */
  readonly wait: boolean;
}

/** What has come of a question so far. */
export type OwnAnswer =
  | {
      readonly status: 'answered';
      readonly questionId?: QuestionId;
      readonly answer: string;
      readonly answeredBy: string;
    }
  | { readonly status: 'waiting'; readonly questionId: QuestionId }
  | { readonly status: 'withdrawn'; readonly questionId: QuestionId; readonly why: string };

/** What agents ask by themselves, and how they are answered. */
export interface OwnQuestions {
  /**
   * Resolves with the answer, or as `waiting` when `signal` aborts before: the question waits on.
   * @throws MissionError `slot_not_running`, `too_many`, `input_invalid`, `secret_unresolved`
   */
  ask(slotId: SlotId, wish: AskWish, signal: AbortSignal): Promise<OwnAnswer>;
  /** @throws MissionError `question_gone`, `option_unknown`, `input_invalid`, `agent_refused` */
  answer(
    id: QuestionId,
    response: ConfirmResponse,
    by: { readonly name: string; readonly party: Party },
  ): { readonly view: QuestionView; readonly answer: string };
}
