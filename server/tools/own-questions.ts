import { z } from 'zod';
import type { Mission } from '../../actors/mission/api.ts';
import { QuestionView } from '../../actors/mission/views.ts';
import { checkMayAnswer } from '../../actors/questions/answerer.ts';
import { LONGEST_ANSWER } from '../../actors/questions/own-answer.ts';
import { QuestionId, type SlotId } from '../../db/ids.ts';
import { within } from '../../services/deadline/within.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { operation } from './operation.ts';

/** Claude Code puts a tool that runs for 120 s into the background (2.1.329), and takes no result of it for the turn. */
const WAITS_FOR_MS = 100_000;
const LONGEST_QUESTION = 4_000;
const LONGEST_OPTION = 200;
const MOST_OPTIONS = 9;
const SUPERVISOR = 'supervisor';

export const missionQuestionAsk = operation({
  name: 'mission_question_ask',
  title: 'Ask the supervisor or a person',
  description:
    'For the agent of a slot: asks the supervisor or a person. Waits some time for the answer. While it is `waiting`, end your turn with one line: your task stays open and goes on with the answer; or go on with what does not need it. Asking again in the same words asks nobody twice; it waits on, or tells what was answered. Not for what you can find out yourself.',
  input: z.object({
    question: z
      .string()
      .trim()
      .min(1)
      .max(LONGEST_QUESTION)
      .describe('All that is needed to answer it: nobody else has read what you have.'),
    options: z
      .array(z.string().trim().min(1).max(LONGEST_OPTION))
      .max(MOST_OPTIONS)
      .default([])
      .describe('Answers to choose from; other words may come all the same.'),
    of: z
      .enum([SUPERVISOR, 'person'])
      .default(SUPERVISOR)
      .describe('What you ask a person, nobody else answers. The supervisor or a person answers the rest.'),
    wait: z.boolean().default(true).describe('False: go on at once.'),
  }),
  output: z.object({
    status: z.enum(['answered', 'waiting', 'withdrawn']),
    questionId: QuestionId.optional(),
    answer: z.string().optional(),
    answeredBy: z.string().optional(),
    why: z.string().optional(),
  }),
  readOnly: false,
  ownOfSlot: () => true,
  run(wish, { mission, by, signal }) {
    if (by.role === 'slot') return mission.ownQuestions.ask(by.slotId, wish, within(WAITS_FOR_MS, signal));
    throw new MissionError('not_permitted', 'Only the agent of a slot asks so.', {
      remedy: 'To ask an agent something: mission_ask, or mission_message_send.',
    });
  },
});

function find(mission: Pick<Mission, 'questions'>, questionId: string): QuestionView | undefined {
  return mission.questions().find(({ id, kind }) => id === questionId && kind === 'agent');
}

/** A supervisor answers the agents of its repository. */
function answersFor(mission: Mission, supervisor: SlotId, asker: SlotId): boolean {
  const repository = mission.workers.ofSlot(supervisor)?.repository;
  return (
    supervisor !== asker &&
    mission.slot(supervisor).role === SUPERVISOR &&
    repository !== undefined &&
    mission.workers.ofSlot(asker)?.repository === repository
  );
}

export const missionQuestionAnswer = operation({
  name: 'mission_question_answer',
  title: 'Answer an agent',
  description:
    'Answers what an agent has asked with mission_question_ask, in any words. For supervisors: the agents of their own repository. What was asked of a person is for a person alone.',
  input: z.object({
    questionId: QuestionId,
    answer: z.string().trim().min(1).max(LONGEST_ANSWER),
  }),
  output: z.object({ answered: z.boolean(), answer: z.string(), question: QuestionView }),
  readOnly: false,
  ownOfSlot({ questionId }, slotId, mission) {
    const question = find(mission, questionId);
    return question !== undefined && answersFor(mission, slotId, question.slotId);
  },
  run({ questionId, answer }, { mission, by, caller, isPerson }) {
    const question = find(mission, questionId);
    if (question === undefined || (by.role === 'slot' && !answersFor(mission, by.slotId, question.slotId)))
      throw new MissionError('question_gone', `No question "${questionId}" of an agent waits for you.`, {
        remedy: 'It may have been answered. mission_question_list shows what waits.',
      });
    checkMayAnswer(question, { name: caller, isPerson, mayWiden: false });
    const party =
      by.role === 'slot'
        ? ({ kind: 'slot', slotId: by.slotId } as const)
        : isPerson
          ? ({ kind: 'person' } as const)
          : ({ kind: 'program', name: caller } as const);
    const { view, answer: said } = mission.ownQuestions.answer(question.id, answer, { name: caller, party });
    return { answered: true, answer: said, question: view };
  },
});

export const ownQuestionOperations = [missionQuestionAsk, missionQuestionAnswer];
