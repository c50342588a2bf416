import { MissionError } from '../../services/errors/mission-error.ts';
import type { MissionCore } from '../core.ts';
import type { QuestionRecord } from '../mission/views.ts';
import type { OwnQuestions } from './own-questions-api.ts';
import { recordOfRow } from './question-rows.ts';

/** What has become of questions, as their rows tell it. */
export function createQuestionRecords({
  permissions,
}: Pick<MissionCore, 'permissions'>): Pick<OwnQuestions, 'record' | 'records'> {
  return {
    record(prefix): QuestionRecord {
      const [row, ...others] = permissions.find(prefix);
      if (row !== undefined && others.length === 0) return recordOfRow(row);
      throw row === undefined
        ? new MissionError('question_gone', `There is no question "${prefix}".`, {
            remedy: 'mission_question_list shows what waits.',
          })
        : new MissionError('input_invalid', `Several questions begin with "${prefix}".`, {
            remedy: 'Give more of the id.',
          });
    },
    records: (status, filter) => permissions.withStatus(status, filter).map(recordOfRow),
  };
}
