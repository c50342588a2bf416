import type { QuestionView } from '../../../actors/mission/views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { revealLetters } from '../../../services/terminal/reveal-letters.ts';
import { ptyConfirm, questionList } from '../../tools/questions.ts';
import type { Command, CommandContext } from '../command.ts';
import { table } from '../table.ts';

const MINUTE_MS = 60_000;

const about = ({ tool, argument, question }: QuestionView): string =>
  tool === undefined ? question : `${tool} ${argument ?? ''}`;

const minutes = (ms: number): string => `${Math.max(0, Math.round(ms / MINUTE_MS))} min`;

function list(questions: readonly QuestionView[]): string {
  if (questions.length === 0) return 'Nothing waits for an answer.\n';
  const now = Date.now();
  return table(
    ['ID', 'SLOT', 'SINCE', 'DENIED IN', 'FOR', 'ASKS'],
    questions.map((question) => [
      question.id.slice(0, 8),
      question.slotId,
      minutes(now - question.askedAt),
      question.expiresAt === undefined ? '' : minutes(question.expiresAt - now),
      question.personOnly ? 'a person' : 'anyone',
      revealLetters(about(question)),
    ]),
  );
}

/** All that is known of one question: nobody should approve what was cut off. */
function whole(question: QuestionView): string {
  const facts = [
    `${question.id}  ${question.slotId}  ${question.kind}${question.personOnly ? '  (only a person answers it)' : ''}`,
    question.question,
    ...(question.tool === undefined ? [] : [`${question.tool} ${question.argument ?? ''}`]),
    ...(question.rule === undefined ? [] : [`asked because of: ${question.rule}`]),
    ...(question.wouldRemember === undefined ? [] : [`--remember adds: ${question.wouldRemember}`]),
    ...question.options.map((label, index) => `  ${index + 1}. ${label}`),
    ...(question.answerBy === 'words' ? ['Any words are an answer.'] : []),
  ];
  return facts.map((line) => `${revealLetters(line)}\n`).join('');
}

/** A slot by its name, or a question by its id. */
function meant(questions: readonly QuestionView[], word: string): QuestionView {
  const found = questions.filter(({ id, slotId }) => slotId === word || id.startsWith(word));
  const [question] = found;
  if (question !== undefined && found.length === 1) return question;
  throw new MissionError(
    'question_gone',
    found.length === 0 ? `No question "${word}" waits.` : `Several questions begin with "${word}".`,
    { remedy: '`missiond confirm` lists what waits.' },
  );
}

async function questionsOf({ call }: CommandContext): Promise<readonly QuestionView[]> {
  return questionList.output.parse(await call(questionList.name)).questions;
}

export const confirm: Command = {
  name: 'confirm',
  agents: 'nothing',
  summary: 'what waits for an answer; or see one question, or answer it',
  usage: '[SLOT|ID [ANSWER [--remember slot|role]]]',
  options: {
    remember: {
      type: 'string',
      help: 'with a yes: allow this very call from now on, in the `slot` or to its `role`',
    },
  },
  words: [0, 2],
  async run({ values, positionals: [word, answer] }, context) {
    const questions = await questionsOf(context);
    if (word === undefined) {
      context.print({ questions }, () => list(questions));
      return 0;
    }
    const question = meant(questions, word);
    if (answer === undefined) {
      context.print(question, () => whole(question));
      return 0;
    }
    const response = /^\d+$/.test(answer) ? Number(answer) : answer;
    const output = ptyConfirm.output.parse(
      await context.call(ptyConfirm.name, {
        questionId: question.id,
        response,
        remember: values['remember'],
      }),
    );
    const added =
      output.remembered === undefined
        ? ''
        : ` ${output.remembered.scope} now allows ${output.remembered.rule}.`;
    context.print(output, () => `${output.slotId}: answered "${output.chosen}".${added}\n`);
    return 0;
  },
};
