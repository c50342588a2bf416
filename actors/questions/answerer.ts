import { MissionError } from '../../services/errors/mission-error.ts';
import { widens } from '../mission/choose-label.ts';
import type { QuestionView } from '../mission/views.ts';

/** Who answers a question. */
export interface Answerer {
  /** For the record: `cli`, `board`, `rest`, or `mcp:` and the name of the client. */
  readonly name: string;
  /** False of programs and agents, an orchestrating one too. */
  readonly isPerson: boolean;
  /** True of those who may change the rules: what answers more than one question does that. */
  readonly mayWiden: boolean;
}

/** @throws MissionError `person_only` */
export function checkMayAnswer({ id, slotId, personOnly, rule }: QuestionView, { isPerson }: Answerer): void {
  if (!personOnly || isPerson) return;
  throw new MissionError('person_only', `Only a person answers this one (${rule ?? 'protected'}).`, {
    remedy: `Ask the person: \`missiond confirm ${id.slice(0, 8)}\`, the page, or \`missiond attach ${slotId}\`.`,
    facts: { questionId: id },
  });
}

/** @throws MissionError `not_permitted` */
export function checkMayChoose(question: QuestionView, label: string, { mayWiden }: Answerer): void {
  if (mayWiden || !widens(label, question)) return;
  throw new MissionError(
    'not_permitted',
    `"${label}" answers more than this question, which is for the owner.`,
    {
      remedy: 'Answer this one alone, with true or false.',
    },
  );
}
