import type { QuestionId, SlotId } from '../../db/ids.ts';
import { within } from '../../services/deadline/within.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { must } from '../../services/keyboard/keyboard-terminal.ts';
import type { MissionCore } from '../core.ts';
import type { ConfirmRequest, ConfirmResult } from '../mission/api.ts';
import { chooseLabel, type LabelChoice } from '../mission/choose-label.ts';
import type { RuleScope } from '../mission/permission-operations.ts';
import type { QuestionView } from '../mission/views.ts';
import type { SlotKeyboard } from '../slot-runtime.ts';
import { type Answerer, checkMayAnswer, checkMayChoose } from './answerer.ts';
import type { OwnQuestionsPart } from './own-questions.ts';
import type { Questions } from './questions.ts';
import type { RememberFor, RuleToKeep } from './remember.ts';

/** A dialog of three options is answered within a second; a loaded machine may take longer. */
const KEYS_WITHIN_MS = 15_000;
/** Who answers what nobody has answered in time. */
const TIMEOUT = 'timeout';

export interface AnsweringDependencies {
  readonly core: Pick<MissionCore, 'logger' | 'permissions' | 'runtime' | 'now'>;
  readonly questions: Questions;
  /** What agents ask by themselves. */
  readonly own: Pick<OwnQuestionsPart, 'all' | 'find' | 'confirm'>;
  /** The rule of an answer that is remembered. Throws MissionError `not_rememberable`. */
  readonly ruleToKeep: (question: QuestionView, by: RememberFor) => RuleToKeep;
  /** Adds a rule to permissions.yaml. Throws MissionError `permissions_invalid`. */
  readonly allow: (scope: RuleScope, rule: string, by: string) => void;
  /** Calls off what is being typed. */
  readonly signal: AbortSignal;
}

/** Answers what waits: through the hook where one waits, by keys where only the dialog is left. */
export function createAnswering({ core, questions, own, ruleToKeep, allow, signal }: AnsweringDependencies) {
  function keyboardOf(slotId: SlotId): SlotKeyboard {
    const { keyboard } = core.runtime(slotId);
    if (keyboard !== null) return keyboard;
    throw new MissionError('slot_not_running', `Slot ${slotId} has no running session.`, {
      remedy: `Start it with mission_pty_spawn {"slotId": "${slotId}"}.`,
    });
  }

  function gone(message: string): MissionError {
    return new MissionError('question_gone', message, {
      remedy: 'Look with mission_question_list; the dialog may have been answered at the terminal.',
    });
  }

  function byId(prefix: string): QuestionView {
    const [open, ...others] = [...questions.all(), ...own.all()].filter(({ id }) => id.startsWith(prefix));
    if (open !== undefined && others.length === 0) return open;
    if (open !== undefined)
      throw new MissionError('input_invalid', `Several questions begin with "${prefix}".`, {
        remedy: 'Give more of the id.',
      });
    const [closed] = core.permissions.find(prefix);
    if (closed === undefined || closed.closedAt === null) throw gone(`No question "${prefix}" waits.`);
    const { answer, answeredBy, closedAt } = closed;
    throw gone(`The question is over: "${answer}" (${answeredBy}, ${new Date(closedAt).toISOString()}).`);
  }

  /** The question that is meant; nothing is guessed when it is another slot's. */
  function meant({ slotId, questionId }: ConfirmRequest): QuestionView {
    if (slotId !== undefined) core.runtime(slotId);
    if (questionId !== undefined) {
      const question = byId(questionId);
      if (slotId === undefined || question.slotId === slotId) return question;
      throw gone(`Question ${questionId} is not of slot ${slotId}.`);
    }
    if (slotId === undefined)
      throw new MissionError('input_invalid', 'Which question is answered?', {
        remedy: 'Give its id (questionId) or its slot (slotId).',
      });
    const question = questions.of(slotId);
    if (question !== undefined) return question;
    const [asked, ...others] = own.all().filter((one) => one.slotId === slotId);
    if (asked === undefined) throw gone(`Nothing waits for an answer in slot ${slotId}.`);
    if (others.length === 0) return asked;
    throw new MissionError('input_invalid', `${slotId} has asked ${others.length + 1} questions.`, {
      remedy: 'Give the id of one (questionId): mission_question_list shows them.',
    });
  }

  async function byKeys(question: QuestionView, { label, meaning }: LabelChoice, by: string): Promise<void> {
    const { slotId } = question;
    const { cwd, configuration } = core.runtime(slotId);
    if (question.kind === 'trust' && meaning !== 'no' && !configuration.trustCwd) {
      throw new MissionError('not_authorised', `Nobody has said that ${cwd} is trusted.`, {
        remedy: `Set trustCwd: true for ${slotId} in slots.yaml (under agents: for the agents of repositories, which are trusted as the repository itself is), or answer at the terminal (missiond attach ${slotId}).`,
      });
    }
    const keyboard = keyboardOf(slotId);
    await questions.answerByKeys(slotId, { label, answeredBy: by }, async (expected, whole) =>
      must(await keyboard.choose(whole, { signal: keysEnd(), expected })),
    );
  }

  const keysEnd = (): AbortSignal => within(KEYS_WITHIN_MS, signal);

  function checkNobodyAnswers({ slotId }: QuestionView): void {
    const by = questions.answeredJustNowBy(slotId);
    if (by !== null) throw gone(`${by} is answering the question of ${slotId} just now.`);
  }

  /** Only a plain yes is remembered, and it is known as what before it is given. */
  function keeping(
    question: QuestionView,
    { meaning, label }: LabelChoice,
    remember: RememberFor | undefined,
  ): RuleToKeep | undefined {
    if (remember === undefined) return undefined;
    if (meaning === 'yes') return ruleToKeep(question, remember);
    throw new MissionError('input_invalid', `"${label}" is not remembered; only a plain yes is.`, {
      remedy: 'Leave `remember` out, or answer with true.',
    });
  }

  const nameOf = (scope: RuleScope): string =>
    'role' in scope ? `roles.${scope.role}` : `slots.${scope.slotId}`;

  /** What is said to the agent, and for the record. */
  const late = ({ askedAt, expiresAt = askedAt }: QuestionView): string =>
    `Nobody answered within ${Math.round((expiresAt - askedAt) / 6_000) / 10} minutes, so missiond denied it.`;

  function answerInWords(
    { id, slotId }: QuestionView,
    { response, remember }: ConfirmRequest,
    answerer: Answerer,
  ): ConfirmResult {
    if (remember !== undefined)
      throw new MissionError('not_rememberable', 'The answer to a question of an agent is no rule.', {
        remedy: 'Leave `remember` out.',
      });
    const { view, answer } = own.confirm(id, response, answerer);
    return { success: true, slotId, chosen: answer, question: view };
  }

  return {
    /** @throws MissionError `question_gone`, `person_only`, `not_rememberable`, `option_unknown`, `option_ambiguous`, `not_authorised` */
    async confirm(request: ConfirmRequest, answerer: Answerer): Promise<ConfirmResult> {
      const question = meant(request);
      const { slotId } = question;
      checkMayAnswer(question, answerer);
      if (own.find(question.id) !== undefined) return answerInWords(question, request, answerer);
      checkNobodyAnswers(question);
      const choice = chooseLabel(question, request.response);
      checkMayChoose(question, choice.label, answerer);
      const kept = keeping(question, choice, request.remember);
      // A plain yes or no goes through the hook that waits; what widens a rule is chosen on the screen, by its label.
      if (questions.hookWaits(slotId) && choice.meaning !== 'other') {
        const answer =
          choice.meaning === 'yes'
            ? { behavior: 'allow' as const }
            : { behavior: 'deny' as const, message: `Refused by ${answerer.name}.` };
        questions.answerHook(slotId, answer, choice.label, answerer.name);
      } else {
        await byKeys(question, choice, answerer.name);
      }
      core.logger.info(
        { slotId, tool: question.tool, chosen: choice.label, answeredBy: answerer.name },
        'question answered',
      );
      if (kept === undefined) return { success: true, slotId, chosen: choice.label, question };
      allow(kept.scope, kept.rule, answerer.name);
      const remembered = { rule: kept.rule, scope: nameOf(kept.scope) };
      return { success: true, slotId, chosen: choice.label, question, remembered };
    },

    /** The time of a question is over: the hook is told no, or its own dialog is refused with Esc. */
    async deny(id: QuestionId): Promise<void> {
      const question = questions.all().find((one) => one.id === id);
      if (question === undefined || questions.answeredJustNowBy(question.slotId) !== null) return;
      const { slotId } = question;
      const message = late(question);
      if (questions.hookWaits(slotId)) {
        questions.answerHook(slotId, { behavior: 'deny', message }, message, TIMEOUT);
      } else {
        const keyboard = keyboardOf(slotId);
        await questions.answerByKeys(slotId, { label: message, answeredBy: TIMEOUT }, async (expected) =>
          must(await keyboard.dismiss(expected, keysEnd())),
        );
      }
      core.logger.warn({ slotId, tool: question.tool, questionId: id }, 'question denied: its time was over');
    },
  };
}
