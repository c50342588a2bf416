import { randomUUID } from 'node:crypto';
import { atOnce } from '../../db/at-once.ts';
import { type MessageId, QuestionId, type SlotId, type TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { cleanPrompt } from '../../services/keyboard/clean-prompt.ts';
import { NOBODY, OWN_QUESTION, type QuestionRow } from '../../services/ledger/permission-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { Messages, Party } from '../messages/api.ts';
import { wordsOfSlot } from '../messages/words-of-slot.ts';
import type { ConfirmResponse } from '../mission/api.ts';
import type { QuestionView } from '../mission/views.ts';
import type { Answerer } from './answerer.ts';
import { createExpiry } from './expiry.ts';
import { FROM_AGENT } from './open-question.ts';
import { ownAnswer } from './own-answer.ts';
import type { AnsweredBy, AskWish, OwnAnswer, OwnQuestions } from './own-questions-api.ts';
import { createQuestionRecords } from './question-records.ts';
import { viewOfRow } from './question-rows.ts';

/** Who asks more than this at once goes round in circles. */
const MOST_OPEN_OF_A_SLOT = 10;
const SUPERVISOR = 'supervisor';

/** A question of an agent that waits. */
interface OpenOwnQuestion {
  readonly view: QuestionView;
  /** Calls of the tool that wait for the answer. */
  readonly waiters: Set<(answer: OwnAnswer) => void>;
}

export interface OwnQuestionsDependencies {
  readonly core: MissionCore;
  readonly db: MissionDatabase;
  /** What the team tells one another, once it is there. */
  readonly messages: () => Messages;
  /** Takes known secrets out of what is stored or shown. */
  readonly redact: (slotId: SlotId, text: string) => string;
  /** A call of the tool begins to wait in the slot, or the last of them does no longer. */
  readonly waits: (slotId: SlotId, taskId: TaskId, doesWait: boolean) => void;
  /** Lets a task go on that was left for an answer. */
  readonly goOn: (taskId: TaskId) => void;
  readonly onError: (error: unknown) => void;
}

type Outcome = QuestionRow['outcome'];
type Settled = NonNullable<Outcome>;
/** What an agent is told, and the record says. */
const DISMISSED = 'Nobody answers this: it was dismissed. Go on as you think best.';
const EXPIRED = 'Nobody has answered in the time that you gave. Go on as you think best.';

/**
 * What agents ask by themselves. The answer is the result of the tool while that waits. Else it begins the next prompt of
 * the task, which goes on when its turn has ended; where there is no task, it comes as a message. A question is a row
 * before anybody hears of it, and outlives the daemon and the session.
 */
export function createOwnQuestions({
  core,
  db,
  messages,
  redact,
  waits,
  goOn,
  onError,
}: OwnQuestionsDependencies) {
  const open = new Map<QuestionId, OpenOwnQuestion>();
  /** Answers that were sent as messages while the turn went on. */
  const sent = new Map<TaskId, MessageId[]>();

  const of = (slotId: SlotId): readonly OpenOwnQuestion[] =>
    [...open.values()].filter(({ view }) => view.slotId === slotId);

  /** A message is no work that could go on. */
  function workOf(slotId: SlotId): TaskId | undefined {
    const taskId = core.occupied.get(slotId);
    return taskId === undefined || core.tasks.get(taskId)?.kind === 'message' ? undefined : taskId;
  }

  /** @returns the way to say so, once it is stored: what the disk does not take is not closed */
  function close(
    { view }: OpenOwnQuestion,
    answer: string,
    answeredBy: string,
    outcome: Outcome,
  ): () => void {
    const closedAt = core.now();
    core.permissions.close(view.id, { outcome, answer, answeredBy, closedAt });
    return () => {
      open.delete(view.id);
      expiry.forget(view.id);
      core.bus.publish({ type: 'question_closed', at: closedAt, question: view, answer, answeredBy });
    };
  }

  function withdraw(entry: OpenOwnQuestion, why: string): void {
    close(entry, why, NOBODY, null)();
    for (const tell of entry.waiters) tell({ status: 'withdrawn', questionId: entry.view.id, why });
  }

  const clean = (slotId: SlotId, words: string): string =>
    wordsOfSlot(redact, slotId, cleanPrompt(words).trim());

  function begin(slotId: SlotId, wish: AskWish): OpenOwnQuestion {
    const { question, options, of: whom, urgency, expiresInMs } = wish;
    const { epoch } = core.runtime(slotId);
    if (epoch === null)
      throw new MissionError('slot_not_running', `Slot ${slotId} has no running session.`, {
        remedy: 'Ask from a running session.',
      });
    if (of(slotId).length >= MOST_OPEN_OF_A_SLOT)
      throw new MissionError('too_many', `${MOST_OPEN_OF_A_SLOT} questions of ${slotId} wait already.`, {
        remedy: 'Wait for the answers, or go on without them.',
      });
    const taskId = workOf(slotId);
    const context = clean(slotId, wish.context ?? '');
    const askedAt = core.now();
    const view: QuestionView = {
      id: QuestionId.parse(randomUUID()),
      slotId,
      ...(taskId === undefined ? {} : { taskId }),
      kind: OWN_QUESTION,
      question: clean(slotId, question),
      ...(context === '' ? {} : { context }),
      ...(urgency === undefined ? {} : { urgency }),
      options: options.map((option) => clean(slotId, option)),
      askedAt,
      ...(expiresInMs === undefined ? {} : { expiresAt: askedAt + expiresInMs }),
      personOnly: whom === 'person',
      evidence: [FROM_AGENT],
      answerBy: 'words',
    };
    if (view.question === '' || view.options.includes(''))
      throw new MissionError('input_invalid', 'The question, or one of its options, holds no word.', {
        remedy: 'Ask in words.',
      });
    atOnce(db, () => {
      core.permissions.ask({
        ...view,
        epoch,
        taskId: taskId ?? null,
        tool: null,
        argument: null,
        context: view.context ?? null,
        urgency: view.urgency ?? null,
        outcome: null,
        expiresAt: view.expiresAt ?? null,
        rule: null,
        identity: null,
        closedAt: null,
        answer: null,
        answeredBy: null,
      });
      if (whom === SUPERVISOR) tellSupervisor(view);
    });
    const entry: OpenOwnQuestion = { view, waiters: new Set() };
    open.set(view.id, entry);
    expiry.watch(view.id, view.expiresAt);
    core.bus.publish({ type: 'question_asked', at: view.askedAt, question: view });
    return entry;
  }

  /** Where there is one; the person sees every question all the same. */
  function tellSupervisor({ id, slotId, question, context, urgency, options }: QuestionView): void {
    const repository = core.agents.get(slotId)?.repository;
    const isThere = [...core.runtimes.values()].some(
      ({ configuration }) =>
        configuration.role === SUPERVISOR &&
        configuration.id !== slotId &&
        core.agents.get(configuration.id)?.repository === repository,
    );
    if (!isThere || repository === undefined) return;
    const labels = options.map((label, index) => `${index + 1}. ${label}\n`).join('');
    messages().send(
      {
        to: `role:${SUPERVISOR}@${repository}`,
        body: `I ask${urgency === 'high' ? ', and it is urgent' : ''}: ${question}\n${context === undefined ? '' : `${context}\n`}${labels}\nAnswer with mission_question_answer {"questionId": "${id}", "answer": …}.`,
      },
      { kind: 'slot', slotId },
    );
  }

  /** Asked a second time in the same words it is the same question; one that was answered is not asked again. */
  function sameAs(slotId: SlotId, wish: AskWish): OpenOwnQuestion | OwnAnswer | undefined {
    const words = clean(slotId, wish.question);
    const same = of(slotId).find(({ view }) => view.question === words);
    if (same !== undefined) return same;
    const taskId = workOf(slotId);
    const answered = taskId === undefined ? [] : core.permissions.answersTo(taskId, 0);
    const before = answered.findLast(({ question }) => question === words);
    // Of what nobody has answered in time it may ask again.
    if (before === undefined || before.outcome === 'expired') return undefined;
    const { id: questionId, outcome, answer, answeredBy } = before;
    return outcome === 'dismissed'
      ? { status: outcome, questionId, why: answer }
      : { status: 'answered', questionId, answer, answeredBy };
  }

  function untilAnswered(entry: OpenOwnQuestion, signal: AbortSignal): Promise<OwnAnswer> {
    const { id, slotId, taskId } = entry.view;
    return new Promise((resolve) => {
      const finish = (answer: OwnAnswer): void => {
        signal.removeEventListener('abort', giveUp);
        entry.waiters.delete(finish);
        if (taskId !== undefined && of(slotId).every(({ waiters }) => waiters.size === 0))
          waits(slotId, taskId, false);
        resolve(answer);
      };
      const giveUp = (): void => finish({ status: 'waiting', questionId: id });
      if (signal.aborted) return resolve({ status: 'waiting', questionId: id });
      signal.addEventListener('abort', giveUp, { once: true });
      entry.waiters.add(finish);
      if (taskId !== undefined) waits(slotId, taskId, true);
    });
  }

  const partyOf = ({ name, isPerson }: Answerer): Party =>
    isPerson ? { kind: 'person' } : { kind: 'program', name };

  /** Words for an agent whose tool does not wait. */
  function sendAnswer({ slotId, question }: QuestionView, answer: string, from: Party): readonly MessageId[] {
    const body = `You asked: ${question}\n\n${answer}`;
    return messages()
      .send({ to: `slot:${slotId}`, body }, from)
      .map(({ id }) => id);
  }

  /** A task that was left for an answer, which begins its next prompt. */
  const isLeft = (taskId: TaskId | undefined): taskId is TaskId => {
    const task = taskId === undefined ? undefined : core.tasks.get(taskId);
    return task?.status === 'waiting' && task.waitingFor === 'person' && task.slotId === null;
  };

  /** True when an answer was sent that has not come to the agent, and will not any more. */
  function takeBack(taskId: TaskId, slotId: SlotId): boolean {
    const ids = sent.get(taskId) ?? [];
    sent.delete(taskId);
    const by: Party = { kind: 'slot', slotId };
    return ids.map((id) => messages().takeUndelivered(id, by)).some((wasTaken) => wasTaken);
  }

  function checkIsThere({ slotId }: QuestionView): void {
    if (core.runtimes.has(slotId)) return;
    throw new MissionError('agent_refused', `${slotId} sleeps.`, {
      remedy: `Wake it first: missiond wake ${slotId}.`,
    });
  }

  function find(id: QuestionId): OpenOwnQuestion {
    const entry = open.get(id);
    if (entry !== undefined) return entry;
    throw new MissionError('question_gone', `No question "${id}" of an agent waits.`, {
      remedy: 'Look with mission_question_list.',
    });
  }

  /** Ends a question in a way that its agent has to hear of: as the result of its tool, at its next turn, or as a message. */
  function settle(
    entry: OpenOwnQuestion,
    outcome: Settled,
    words: string,
    { name, party }: AnsweredBy,
  ): void {
    const { view, waiters } = entry;
    const isWaitedFor = waiters.size > 0;
    const goesOn = isLeft(view.taskId);
    const said = outcome === 'answered' ? `The answer: ${words}` : words;
    const { ids, sayClosed } = atOnce(db, () => ({
      ids: isWaitedFor || goesOn ? [] : sendAnswer(view, said, party),
      sayClosed: close(entry, words, name, outcome),
    }));
    const { id: questionId, slotId, taskId } = view;
    if (taskId !== undefined && ids.length > 0) sent.set(taskId, [...(sent.get(taskId) ?? []), ...ids]);
    sayClosed();
    for (const tell of waiters)
      tell(
        outcome === 'answered'
          ? { status: outcome, questionId, answer: words, answeredBy: name }
          : { status: outcome, questionId, why: words },
      );
    if (goesOn && taskId !== undefined) lookAtLeft(taskId);
    core.logger.info({ slotId, questionId, outcome, by: name }, 'a question of an agent is over');
  }

  /** One whose agent sleeps is tried again until that is awake. */
  function expire(id: QuestionId): void {
    const entry = open.get(id);
    if (entry !== undefined && core.runtimes.has(entry.view.slotId))
      settle(entry, 'expired', EXPIRED, { name: NOBODY, party: { kind: 'program', name: NOBODY } });
  }

  const expiry = createExpiry({ now: core.now, deny: async (id) => expire(id), onError });

  const api: OwnQuestions = {
    ...createQuestionRecords(core),

    async ask(slotId, wish, signal) {
      const same = sameAs(slotId, wish);
      if (same !== undefined && 'status' in same) return same;
      const entry = same ?? begin(slotId, wish);
      return wish.wait ? untilAnswered(entry, signal) : { status: 'waiting', questionId: entry.view.id };
    },

    answer(id, response, by) {
      const entry = find(id);
      const { view } = entry;
      checkIsThere(view);
      const answer = ownAnswer(view, response);
      settle(entry, 'answered', answer, by);
      return { view, answer };
    },

    dismiss(id, why, by) {
      const entry = find(id);
      const { view } = entry;
      checkIsThere(view);
      const because = why?.trim() ?? '';
      settle(entry, 'dismissed', because === '' ? DISMISSED : `${DISMISSED} ${because}`, by);
      return view;
    },

    withdraw(id) {
      const entry = find(id);
      withdraw(entry, 'its agent needs no answer any more');
      return entry.view;
    },
  };

  /** Lets a task go on when nothing of what its agent has asked is open any more. */
  function lookAtLeft(taskId: TaskId): void {
    const isOpen = [...open.values()].some(({ view }) => view.taskId === taskId);
    if (!isOpen && isLeft(taskId)) goOn(taskId);
  }

  return {
    operations: api,

    all: (): readonly QuestionView[] => [...open.values()].map(({ view }) => view),

    find: (id: QuestionId): QuestionView | undefined => open.get(id)?.view,

    confirm: (id: QuestionId, response: ConfirmResponse, answerer: Answerer) =>
      api.answer(id, response, { name: answerer.name, party: partyOf(answerer) }),

    /** Whether a task goes on although its turn has ended: its agent waits for an answer, or has not been given it. */
    keepsOpen(taskId: TaskId, slotId: SlotId): boolean {
      const isOpen = of(slotId).some(({ view }) => view.taskId === taskId);
      const wasNotGiven = takeBack(taskId, slotId);
      return isOpen || wasNotGiven;
    },

    /** Its agent has said that it is done: nothing that it has asked needs an answer. */
    withdrawAll(slotId: SlotId, why: string): void {
      for (const entry of of(slotId)) withdraw(entry, why);
    },

    /** Takes up what an earlier daemon left waiting. Returns the way to stop. */
    start(): () => void {
      for (const row of core.permissions.unanswered()) {
        if (row.kind !== OWN_QUESTION || open.has(row.id)) continue;
        const entry: OpenOwnQuestion = { view: viewOfRow(row), waiters: new Set() };
        const mayComeBack = core.agents.get(row.slotId)?.status === 'hibernated';
        if (!core.runtimes.has(row.slotId) && !mayComeBack) {
          withdraw(entry, 'its agent has ended');
          continue;
        }
        open.set(row.id, entry);
        expiry.watch(row.id, row.expiresAt ?? undefined);
        // Nobody waits in a call any more.
        if (row.taskId !== null) waits(row.slotId, row.taskId, false);
      }
      for (const taskId of core.waiting.leftForAnswers()) lookAtLeft(taskId);
      const leave = core.bus.subscribe((event) => {
        if (event.type === 'slot_closed' && core.agents.get(event.slotId)?.status !== 'hibernated')
          for (const entry of of(event.slotId)) withdraw(entry, 'its agent has ended');
        if (event.type !== 'task_changed') return;
        const { id, finishedAt, waitingFor } = event.task;
        // Its answer may have come before it was seen to wait.
        if (waitingFor === 'person') lookAtLeft(id);
        if (finishedAt === undefined) return;
        sent.delete(id);
        for (const entry of open.values())
          if (entry.view.taskId === id) withdraw(entry, 'its task has ended');
      });
      return () => {
        leave();
        expiry.dispose();
      };
    },
  };
}

export type OwnQuestionsPart = ReturnType<typeof createOwnQuestions>;
