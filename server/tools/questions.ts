import { z } from 'zod';
import { QuestionRecord, QuestionView } from '../../actors/mission/views.ts';
import { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { reaches } from '../auth/caller.ts';
import { operation } from './operation.ts';
import { QuestionPrefix } from './question-prefix.ts';

/** More are in the audit. */
const MOST_OVER = 200;
const SHOWN_OVER = 50;
const FIRST: readonly (string | undefined)[] = ['high', 'normal', undefined, 'low'];

const byUrgency = (one: QuestionView, other: QuestionView): number =>
  FIRST.indexOf(one.urgency) - FIRST.indexOf(other.urgency) || one.askedAt - other.askedAt;

export const questionList = operation({
  name: 'mission_question_list',
  title: 'What waits for an answer, or waited',
  description:
    'Everything that waits for an answer, in all slots: permission requests, questions of agents, plans, and dialogs of Claude Code; or, by `status`, what was answered, dismissed, or needed no answer any more. Those with `personOnly` are for a person alone (`missiond confirm`, the page, the terminal).',
  input: z.object({
    slotId: SlotId.optional(),
    status: QuestionRecord.shape.status
      .default('pending')
      .describe('Of those that are over, the newest come first; the others, what is urgent and the oldest.'),
    limit: z.int().min(1).max(MOST_OVER).default(SHOWN_OVER).describe('Of those that are over.'),
  }),
  output: z.object({ questions: z.array(QuestionRecord) }),
  readOnly: true,
  // Those of other slots are in it.
  forSlots: false,
  run({ slotId, status, limit }, { mission }) {
    if (status !== 'pending')
      return { questions: [...mission.ownQuestions.records(status, { slotId, limit })] };
    const waiting = mission
      .questions()
      .filter((question) => slotId === undefined || question.slotId === slotId);
    return { questions: waiting.sort(byUrgency).map((question) => ({ ...question, status })) };
  },
});

export const ptyConfirm = operation({
  name: 'mission_pty_confirm',
  title: 'Answer a dialog',
  description:
    'Answers what waits in a slot, or one question by its id: true or false, the number drawn before an option, or the words of its label. `true` is the narrowest yes, never one that is remembered. mission_question_list shows what waits. The first answer wins. Questions with `personOnly` are refused here (`person_only`).',
  input: z.object({
    slotId: SlotId.optional(),
    questionId: QuestionPrefix.optional(),
    response: z.union([z.boolean(), z.number().int(), z.string()]),
    remember: z
      .enum(['slot', 'role'])
      .optional()
      .describe(
        'With a plain yes, and for the owner alone: the very call (`wouldRemember` of the question) is allowed from now on, in the slot or to its role. It is added to permissions.yaml.',
      ),
  }),
  output: z.object({
    success: z.boolean(),
    slotId: SlotId,
    chosen: z.string(),
    question: QuestionView,
    remembered: z.object({ rule: z.string(), scope: z.string() }).optional(),
  }),
  readOnly: false,
  // No agent answers what it asks.
  forSlots: false,
  run(request, { mission, by, caller, isPerson }) {
    const mayWiden = reaches(by, 'owner');
    if (request.remember !== undefined && !mayWiden) {
      throw new MissionError('not_permitted', 'Only the owner changes the rules.', {
        remedy: 'Answer without `remember`.',
      });
    }
    return mission.confirm(request, { name: caller, isPerson, mayWiden });
  },
});

export const questionOperations = [questionList, ptyConfirm];
