import type { QuestionRecord } from '../../../actors/mission/views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { revealLetters } from '../../../services/terminal/reveal-letters.ts';
import { missionQuestionDismiss, missionQuestionGet } from '../../tools/own-questions.ts';
import { ptyConfirm, questionList } from '../../tools/questions.ts';
import type { Command, CommandContext } from '../command.ts';
import {
  listOfOver,
  listOfWaiting,
  questionMeant,
  waitingQuestions,
  wholeQuestion,
} from '../show-questions.ts';

async function list(status: string | undefined, { call, print }: CommandContext): Promise<void> {
  const output = questionList.output.parse(
    await call(questionList.name, status === undefined ? {} : { status }),
  );
  const isWaiting = status === undefined || status === 'pending';
  print(output, () => (isWaiting ? listOfWaiting : listOfOver)(output.questions));
}

function told(question: QuestionRecord): string {
  const { status, answer, answeredBy } = question;
  const end = answer === undefined ? '' : `${revealLetters(`${status} (${answeredBy ?? ''}): ${answer}`)}\n`;
  return wholeQuestion(question) + end;
}

export const question: Command = {
  name: 'question',
  agents: 'nothing',
  summary: 'what agents ask, and what became of it; answer a question, or dismiss it',
  usage: '[list [--status STATUS] | show ID | answer ID WORDS… | dismiss ID [WHY…]]',
  options: {
    status: { type: 'string', help: 'pending, answered, dismissed, expired or withdrawn' },
  },
  words: [0, Number.POSITIVE_INFINITY],
  async run({ values, positionals: [verb = 'list', id, ...words] }, context) {
    const { call, print } = context;
    const said = words.join(' ');
    if (verb === 'list' && id === undefined) await list(values['status']?.toString(), context);
    else if (verb === 'show' && id !== undefined && said === '') {
      const output = missionQuestionGet.output.parse(await call(missionQuestionGet.name, { questionId: id }));
      print(output, () => told(output));
    } else if (verb === 'answer' && id !== undefined && said !== '') {
      const { id: questionId } = questionMeant(await waitingQuestions(context), id);
      const response = /^\d+$/.test(said) ? Number(said) : said;
      const output = ptyConfirm.output.parse(await call(ptyConfirm.name, { questionId, response }));
      print(output, () => `${output.slotId}: answered "${output.chosen}".\n`);
    } else if (verb === 'dismiss' && id !== undefined) {
      const { id: questionId } = questionMeant(await waitingQuestions(context), id);
      const output = missionQuestionDismiss.output.parse(
        await call(missionQuestionDismiss.name, { questionId, ...(said === '' ? {} : { why: said }) }),
      );
      print(output, () => `${output.slotId}: its question is dismissed.\n`);
    } else
      throw new MissionError('input_invalid', `missiond question does not know these words.`, {
        remedy: `Usage: missiond question ${question.usage}`,
      });
    return 0;
  },
};
