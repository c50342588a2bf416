import { MissionError } from '../../services/errors/mission-error.ts';
import type { ConfirmResponse } from './api.ts';
import type { QuestionView } from './views.ts';

export interface LabelChoice {
  readonly label: string;
  /** `yes`: allow this once. `no`: refuse. `other`: anything that does more, chosen only on the screen. */
  readonly meaning: 'yes' | 'no' | 'other';
}

const YES = /^(?:yes|allow|proceed|approve)$/i;
const NO = /^(?:no|deny|reject|cancel)\b/i;
/** Begins with yes and may go on, but does not widen a rule. */
const WIDENS = /don['’]t ask|always|auto|remember|session|project|all edits|bypass|clear context/i;

/** True of an option that allows more than what is asked; in a question of an agent, options are only answers. */
export const widens = (label: string, { kind }: Pick<QuestionView, 'kind'>): boolean =>
  (kind === 'permission' || kind === 'plan') && !NO.test(label) && WIDENS.test(label);

function meaningOf(label: string, question: QuestionView): LabelChoice['meaning'] {
  if (question.kind === 'trust' && NO.test(label)) return 'no';
  if (question.kind !== 'permission') return 'other';
  if (YES.test(label)) return 'yes';
  return NO.test(label) ? 'no' : 'other';
}

function only(labels: readonly string[], said: string, options: readonly string[]): string {
  const [label] = labels;
  const shown = options.map((option) => `"${option}"`).join(', ');
  if (label === undefined) {
    throw new MissionError('option_unknown', `The dialog has no option that fits "${said}".`, {
      remedy: `Choose one of: ${shown}.`,
    });
  }
  if (labels.length > 1) {
    throw new MissionError(
      'option_ambiguous',
      `Several options fit "${said}": ${labels.map((option) => `"${option}"`).join(', ')}.`,
      { remedy: 'Give the whole label.' },
    );
  }
  return label;
}

/**
 * Finds the option that a response means, by its words. `true` and `yes` are the narrowest consent, never one that is
 * remembered; `false` and `no` the refusal; a number is the one drawn before the label.
 * @throws MissionError `option_unknown` or `option_ambiguous`
 */
export function chooseLabel(question: QuestionView, response: ConfirmResponse): LabelChoice {
  const { options } = question;
  const said = String(response);
  const pick = (label: string): LabelChoice => ({ label, meaning: meaningOf(label, question) });
  if (response === true || /^(?:y|yes|true)$/i.test(said)) {
    const plain = options.filter((label) => YES.test(label));
    const narrow = options.filter((label) => /^yes\b/i.test(label) && !WIDENS.test(label));
    return pick(only((plain.length > 0 ? plain : narrow).slice(0, 1), said, options));
  }
  if (response === false || /^(?:n|no|false)$/i.test(said)) {
    return pick(only(options.filter((label) => NO.test(label)).slice(0, 1), said, options));
  }
  if (/^\d+$/.test(said)) {
    const label = options[Number(said) - 1];
    return pick(only(label === undefined ? [] : [label], said, options));
  }
  const wanted = said.trim().toLowerCase();
  const exact = options.filter((label) => label.toLowerCase() === wanted);
  if (exact.length > 0) return pick(only(exact, said, options));
  // What does more than it says at first is chosen by all of its words.
  const starting = options.filter(
    (label) => label.toLowerCase().startsWith(wanted) && !widens(label, question),
  );
  if (starting.length > 0) return pick(only(starting, said, options));
  const holding = options.filter((label) => label.toLowerCase().includes(wanted) && !widens(label, question));
  return pick(only(holding, said, options));
}
