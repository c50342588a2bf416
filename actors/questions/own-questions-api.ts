import type { QuestionId, SlotId } from '../../db/ids.ts';
import type { Urgency } from '../../db/schema/permissions.ts';
import type { QuestionStatus } from '../../services/ledger/permission-ledger.ts';
import type { Party } from '../messages/api.ts';
import type { ConfirmResponse } from '../mission/api.ts';
import type { QuestionRecord, QuestionView } from '../mission/views.ts';

/** What an agent wants to know. */
export interface AskWish {
  readonly question: string;
  /** What it suggests; other words are an answer, too. */
  readonly options: readonly string[];
  /** Whom it asks. What it asks a person, nobody else answers. */
  readonly of: 'supervisor' | 'person';
  /** False when it goes on without the answer. */
  readonly wait: boolean;
  /** What somebody needs to know who answers. */
  readonly context?: string | undefined;
  readonly urgency?: Urgency | undefined;
  /** After this nobody is asked any more, and it goes on by itself; undefined for as long as it takes. */
  readonly expiresInMs?: number | undefined;
}

/** Who answers, and in whose name the answer comes. */
export interface AnsweredBy {
  readonly name: string;
  readonly party: Party;
}

/** What has come of a question so far. */
export type OwnAnswer =
  | {
      readonly status: 'answered';
      readonly questionId: QuestionId;
      readonly answer: string;
      readonly answeredBy: string;
    }
  | { readonly status: 'waiting'; readonly questionId: QuestionId }
  | {
      readonly status: 'dismissed' | 'expired' | 'withdrawn';
      readonly questionId: QuestionId;
      readonly why: string;
    };

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
    by: AnsweredBy,
  ): { readonly view: QuestionView; readonly answer: string };
  /**
   * Nobody will answer: its agent is told so, and goes on.
   * @throws MissionError `question_gone`, `agent_refused`
   */
  dismiss(id: QuestionId, why: string | undefined, by: AnsweredBy): QuestionView;
  /** The agent itself needs no answer any more. @throws MissionError `question_gone` */
  withdraw(id: QuestionId): QuestionView;
  /** By its id, or how that begins, open or not. @throws MissionError `question_gone`, `input_invalid` */
  record(prefix: string): QuestionRecord;
  /** Newest first. */
  records(
    status: QuestionStatus,
    filter: { readonly slotId: SlotId | undefined; readonly limit: number },
  ): readonly QuestionRecord[];
}
