import { z } from 'zod';
import type { Party } from '../../actors/messages/api.ts';
import type { Mission } from '../../actors/mission/api.ts';
import { QuestionRecord, QuestionView } from '../../actors/mission/views.ts';
import { checkMayAnswer } from '../../actors/questions/answerer.ts';
import { LONGEST_ANSWER } from '../../actors/questions/own-answer.ts';
import type { AskWish } from '../../actors/questions/own-questions-api.ts';
import { QuestionId, SlotId, TaskId } from '../../db/ids.ts';
import { within } from '../../services/deadline/within.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Caller } from '../auth/caller.ts';
import { type CallContext, operation } from './operation.ts';
import { QuestionPrefix } from './question-prefix.ts';

/** Claude Code puts a tool that runs for 120 s into the background (2.1.329), and takes no result of it for the turn. */
const WAITS_FOR_MS = 100_000;
const LONGEST_QUESTION = 4_000;
const LONGEST_OPTION = 200;
const LONGEST_CONTEXT = 20_000;
const MOST_OPTIONS = 9;
/** A question that nobody needs an answer to for a week needs none. */
const LONGEST_MINUTES = 7 * 24 * 60;
const MINUTE_MS = 60_000;
const SUPERVISOR = 'supervisor';

/** What is asked, whoever puts it. */
const Asked = z.object({
  question: z
    .string()
    .trim()
    .min(1)
    .max(LONGEST_QUESTION)
    .describe('All that is needed to answer it: nobody else has read what you have.'),
  context: z
    .string()
    .trim()
    .max(LONGEST_CONTEXT)
    .optional()
    .describe('What led to it: what you found, tried, or would do otherwise.'),
  options: z
    .array(z.string().trim().min(1).max(LONGEST_OPTION))
    .max(MOST_OPTIONS)
    .default([])
    .describe('Answers to choose from; other words may come all the same.'),
  urgency: z.enum(['low', 'normal', 'high']).default('normal').describe('What is urgent is shown first.'),
  expiresInMinutes: z
    .int()
    .min(1)
    .max(LONGEST_MINUTES)
    .optional()
    .describe(
      'After this it is given up, and you go on as you think best; else it waits as long as it takes.',
    ),
  of: z
    .enum([SUPERVISOR, 'person'])
    .default(SUPERVISOR)
    .describe('What you ask a person, nobody else answers. The supervisor or a person answers the rest.'),
});

const wishOf = ({ expiresInMinutes, ...wish }: z.output<typeof Asked>): Omit<AskWish, 'wait'> => ({
  ...wish,
  ...(expiresInMinutes === undefined ? {} : { expiresInMs: expiresInMinutes * MINUTE_MS }),
});

export const missionQuestionAsk = operation({
  name: 'mission_question_ask',
  title: 'Ask the supervisor or a person',
  description:
    'For the agent of a slot: asks the supervisor or a person. Waits some time for the answer. While it is `waiting`, end your turn with one line: your task stays open and goes on with the answer; or go on with what does not need it. Asking again in the same words asks nobody twice; it waits on, or tells what was answered. Not for what you can find out yourself.',
  input: Asked.extend({
    wait: z.boolean().default(true).describe('False: go on at once.'),
  }),
  output: z.object({
    status: z.enum(['answered', 'waiting', 'dismissed', 'expired', 'withdrawn']),
    questionId: QuestionId,
    answer: z.string().optional(),
    answeredBy: z.string().optional(),
    why: z.string().optional(),
  }),
  readOnly: false,
  ownOfSlot: () => true,
  run({ wait, ...asked }, { mission, by, signal }) {
    if (by.role === 'slot')
      return mission.ownQuestions.ask(by.slotId, { ...wishOf(asked), wait }, within(WAITS_FOR_MS, signal));
    throw new MissionError('not_permitted', 'Only the agent of a slot asks so.', {
      remedy: 'For an agent: mission_question_create. To ask an agent: mission_ask, or mission_message_send.',
    });
  },
});

/** Whose question it is. @throws MissionError `not_permitted`, `input_invalid` */
function askerOf(
  { slotId, taskId }: { readonly slotId?: SlotId | undefined; readonly taskId?: TaskId | undefined },
  mission: Mission,
  by: Caller,
): SlotId {
  const ofTask = taskId === undefined ? undefined : mission.task(taskId).slotId;
  if (by.role === 'slot') {
    if ([slotId, ofTask].every((named) => named === undefined || named === by.slotId)) return by.slotId;
    throw new MissionError('not_permitted', 'An agent asks for itself alone.', {
      remedy: 'Leave slotId and taskId out.',
    });
  }
  const meant = slotId ?? ofTask;
  if (meant !== undefined && (ofTask === undefined || ofTask === meant)) return meant;
  throw new MissionError('input_invalid', 'Nothing says whose question it is.', {
    remedy:
      'Name the slot of the agent (slotId), or a task that it works on (taskId): the answer goes there.',
  });
}

export const missionQuestionCreate = operation({
  name: 'mission_question_create',
  title: 'Put a question, and go on',
  description:
    'Puts a question of an agent to the supervisor or a person, and does not wait. The agent is told the answer, or that there will be none: beside what it does, or at its next turn, before which its task is not done. An agent asks for itself; an orchestrator names the slot, or the task, whose agent is told. To wait for the answer: mission_question_ask.',
  input: Asked.extend({ slotId: SlotId.optional(), taskId: TaskId.optional() }),
  output: QuestionRecord,
  readOnly: false,
  ownOfSlot: ({ slotId }, own) => slotId === undefined || slotId === own,
  async run({ slotId, taskId, ...asked }, { mission, by, signal }) {
    const asker = askerOf({ slotId, taskId }, mission, by);
    const { questionId } = await mission.ownQuestions.ask(asker, { ...wishOf(asked), wait: false }, signal);
    return mission.ownQuestions.record(questionId);
  },
});

function find(mission: Pick<Mission, 'questions'>, questionId: string): QuestionView | undefined {
  return mission.questions().find(({ id, kind }) => id === questionId && kind === 'agent');
}

const gone = (questionId: string): MissionError =>
  new MissionError('question_gone', `No question "${questionId}" of an agent waits for you.`, {
    remedy: 'It may have been answered. mission_question_list shows what waits.',
  });

const partyOf = ({ by, caller, isPerson }: CallContext): Party =>
  by.role === 'slot'
    ? { kind: 'slot', slotId: by.slotId }
    : isPerson
      ? { kind: 'person' }
      : { kind: 'program', name: caller };

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
  run({ questionId, answer }, context) {
    const { mission, by, caller, isPerson } = context;
    const question = find(mission, questionId);
    if (question === undefined || (by.role === 'slot' && !answersFor(mission, by.slotId, question.slotId)))
      throw gone(questionId);
    checkMayAnswer(question, { name: caller, isPerson, mayWiden: false });
    const said = { name: caller, party: partyOf(context) };
    const { view, answer: words } = mission.ownQuestions.answer(question.id, answer, said);
    return { answered: true, answer: words, question: view };
  },
});

export const missionQuestionDismiss = operation({
  name: 'mission_question_dismiss',
  title: 'Dismiss a question of an agent',
  description:
    'Nobody will answer it: its agent is told so, and goes on; what waited for it waits no longer. An agent takes back its own question so. What Claude Code asks on the screen is answered instead: mission_pty_confirm with false.',
  input: z.object({
    questionId: QuestionId,
    why: z.string().trim().max(LONGEST_QUESTION).optional().describe('The agent is told this.'),
  }),
  output: QuestionRecord,
  readOnly: false,
  ownOfSlot({ questionId }, slotId, mission) {
    const question = find(mission, questionId);
    return (
      question !== undefined && (question.slotId === slotId || answersFor(mission, slotId, question.slotId))
    );
  },
  run({ questionId, why }, context) {
    const { mission, by, caller, isPerson } = context;
    const question = find(mission, questionId);
    if (question === undefined) throw gone(questionId);
    if (by.role === 'slot' && question.slotId === by.slotId) mission.ownQuestions.withdraw(question.id);
    else {
      if (by.role === 'slot' && !answersFor(mission, by.slotId, question.slotId)) throw gone(questionId);
      checkMayAnswer(question, { name: caller, isPerson, mayWiden: false });
      mission.ownQuestions.dismiss(question.id, why, { name: caller, party: partyOf(context) });
    }
    return mission.ownQuestions.record(questionId);
  },
});

export const missionQuestionGet = operation({
  name: 'mission_question_get',
  title: 'See a question',
  description:
    'One question, open or over, with what has become of it: who answered, and what. An agent sees its own.',
  input: z.object({ questionId: QuestionPrefix }),
  output: QuestionRecord,
  readOnly: true,
  ownOfSlot({ questionId }, slotId, mission) {
    const record = mission.ownQuestions.record(questionId);
    return (
      record.slotId === slotId || (record.kind === 'agent' && answersFor(mission, slotId, record.slotId))
    );
  },
  run: ({ questionId }, { mission }) => mission.ownQuestions.record(questionId),
});

export const ownQuestionOperations = [
  missionQuestionAsk,
  missionQuestionCreate,
  missionQuestionGet,
  missionQuestionAnswer,
  missionQuestionDismiss,
];
