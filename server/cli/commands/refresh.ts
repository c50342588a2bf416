import type { RefreshView } from '../../../actors/agents/refresh-views.ts';
import { missionWorkerRefresh } from '../../tools/agent-care.ts';
import { notesOf, REPO, said } from '../agent-words.ts';
import type { Command } from '../command.ts';

const MOST_NAMED = 10;

function lineOf({ name, status, why, how, target = '', files, taskId }: RefreshView): string {
  const to = target.slice(0, 10);
  const named = `${files.slice(0, MOST_NAMED).join(', ')}${files.length > MOST_NAMED ? ', …' : ''}`;
  const words = {
    fresh: 'has all of it',
    refreshed: how === 'merge' ? `has ${to} merged into it` : `stands on ${to} now`,
    left: `stays as it is: ${why}`,
    conflict: `conflicts with ${to} in ${named}; nothing was changed${taskId === undefined ? '' : ', and it was asked to settle that'}`,
  };
  return `${name} ${words[status]}\n`;
}

export const refresh: Command = {
  name: 'refresh',
  agents: 'nothing',
  summary:
    'brings agents that rest up to the default branch; a conflict is taken back and given to them as a task',
  usage: '[NAME] [--repo REPOSITORY]',
  options: { repo: REPO },
  words: [0, 1],
  async run({ positionals, values }, { call, print }) {
    const [name] = positionals;
    const input = said({ name, repository: values['repo'], cwd: process.cwd() });
    const output = missionWorkerRefresh.output.parse(await call('mission_worker_refresh', input));
    print(output, () =>
      [
        output.agents.length === 0 ? 'Nobody.\n' : output.agents.map(lineOf).join(''),
        notesOf(output.notes),
      ].join(''),
    );
    return 0;
  },
};
