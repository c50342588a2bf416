import { ptyConfirm } from '../../tools/questions.ts';
import type { Command } from '../command.ts';
import { listOfWaiting, questionMeant, waitingQuestions, wholeQuestion } from '../show-questions.ts';

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
    const questions = await waitingQuestions(context);
    if (word === undefined) {
      context.print({ questions }, () => listOfWaiting(questions));
      return 0;
    }
    const question = questionMeant(questions, word);
    if (answer === undefined) {
      context.print(question, () => wholeQuestion(question));
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
