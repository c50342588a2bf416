import { RepositoryConfigurationChange } from '../../../db/repository-configuration.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { sayIssues } from '../../say-issues.ts';

const LISTS: ReadonlySet<string> = new Set(['copy', 'link', 'protectedBranches']);
/** `true` is a command, too. */
const COMMANDS: ReadonlySet<string> = new Set(['setup', 'check']);
const NUMBERS: ReadonlySet<string> = new Set(['ports', 'overlapMinutes', 'mostAgents', 'refreshMinutes']);

/** What a word means for its field: lists are joined by commas, and nothing is none. */
function meaningOf(field: string, text: string): unknown {
  if (LISTS.has(field)) return text === '' ? [] : text.split(',');
  if (NUMBERS.has(field)) return text === '' ? text : Number(text);
  if (!COMMANDS.has(field) && (text === 'true' || text === 'false')) return text === 'true';
  return text === '' ? null : text;
}

/**
 * The change that words such as `ports=5` ask for; `defaultBranch=` asks the remote anew.
 * @throws MissionError `input_invalid`
 */
export function configurationOf(words: readonly string[]): {
  set?: RepositoryConfigurationChange;
  defaultBranch?: string | null;
} {
  const set: Record<string, unknown> = {};
  const queue: Record<string, unknown> = {};
  let defaultBranch: string | null | undefined;
  for (const word of words) {
    const [, field = '', text = ''] = /^([A-Za-z.]+)=(.*)$/s.exec(word) ?? [];
    if (field === '')
      throw new MissionError('input_invalid', `"${word}" is no FIELD=VALUE.`, {
        remedy: 'As in: missiond repo config ports=5 setup="npm ci".',
      });
    if (field === 'defaultBranch') defaultBranch = text === '' ? null : text;
    else if (field.startsWith('mergeQueue.'))
      queue[field.slice('mergeQueue.'.length)] = meaningOf(field, text);
    else set[field] = meaningOf(field, text);
  }
  if (Object.keys(queue).length > 0) set['mergeQueue'] = queue;
  const change = RepositoryConfigurationChange.safeParse(set);
  if (!change.success)
    throw new MissionError('input_invalid', `${words.join(' ')} does not fit.`, {
      remedy: `${sayIssues(change.error)}. Fields: defaultBranch, mergeQueue.enabled, mergeQueue.track, ${Object.keys(RepositoryConfigurationChange.shape).join(', ')}.`,
      cause: change.error,
    });
  return {
    ...(Object.keys(set).length === 0 ? {} : { set: change.data }),
    ...(defaultBranch === undefined ? {} : { defaultBranch }),
  };
}
