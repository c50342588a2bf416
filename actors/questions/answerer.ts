import { MissionError } from '../../services/errors/mission-error.ts';
import type { QuestionView } from '../mission/views.ts';

/** Who answers a question. */
export interface Answerer {
  /** For the record: `cli`, `board`, `rest`, or `mcp:` and the name of the client. */
  readonly name: string;
  /** False of programs and agents, an orchestrating one too. */
  readonly isPerson: boolean;
}

/** @throws MissionError `person_only` */
export function checkMayAnswer({ id, slotId, personOnly, rule }: QuestionView, { isPerson }: Answerer): void {
  if (!personOnly || isPerson) return;
  throw new MissionError('person_only', `Only a person answers this one (${rule ?? 'protected'}).`, {
    remedy: `Ask the person: \`missiond confirm ${id.slice(0, 8)}\`, the page, or \`missiond attach ${slotId}\`.`,
    facts: { questionId: id },
  });
}
