import { MissionError } from '../../services/errors/mission-error.ts';
import type { ConfirmResponse } from '../mission/api.ts';
import type { QuestionView } from '../mission/views.ts';

/** What an agent can use of an answer; more belongs into a file. */
export const LONGEST_ANSWER = 20_000;

function optionAt(number: number, options: readonly string[]): string {
  const label = options[number - 1];
  if (label !== undefined) return label;
  throw new MissionError('option_unknown', `The question has no option ${number}.`, {
    remedy: `It has ${options.length}. Other words are an answer, too.`,
  });
}

function wordsOf(response: ConfirmResponse, options: readonly string[]): string {
  if (typeof response === 'boolean') return response ? 'Yes' : 'No';
  if (typeof response === 'number')
    return options.length === 0 ? String(response) : optionAt(response, options);
  const said = response.trim();
  return options.find((label) => label.toLowerCase() === said.toLowerCase()) ?? said;
}

/**
 * The words of an answer to a question of an agent: an option by its number or its label, or anything else.
 * @throws MissionError `option_unknown`, `input_invalid`
 */
export function ownAnswer({ options }: Pick<QuestionView, 'options'>, response: ConfirmResponse): string {
  const words = wordsOf(response, options);
  if (words === '')
    throw new MissionError('input_invalid', 'The answer holds no word.', { remedy: 'Say something.' });
  if (words.length <= LONGEST_ANSWER) return words;
  throw new MissionError(
    'input_invalid',
    `The answer has ${words.length} characters; ${LONGEST_ANSWER} is the most.`,
    { remedy: 'Put the text into a file that the agent can read, and name the file.' },
  );
}
