import { missionHibernate, missionWorkerWake } from '../../tools/agent-care.ts';
import { notesOf, REPO, rows, said } from '../agent-words.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';

const TEAM_USAGE = '[NAME] [--repo REPOSITORY]';

async function whole({ values, positionals }: ParsedCommand, { call }: CommandContext) {
  const [name] = positionals;
  if (name !== undefined || values['repo'] !== undefined) return said({ name, repository: values['repo'] });
  const { name: repository } = await call('mission_repo_get', { cwd: process.cwd() });
  return { repository };
}

export const hibernate: Command = {
  name: 'hibernate',
  agents: 'nothing',
  summary: 'agents sleep when their turns have ended; their worktrees stay',
  usage: `${TEAM_USAGE} [--wake]`,
  options: { repo: REPO, wake: { type: 'boolean', help: 'those that sleep go on with their conversations' } },
  words: [0, 1],
  async run(parsed, context) {
    const input = await whole(parsed, context);
    const { call, print } = context;
    const { workers: moved, notes } =
      parsed.values['wake'] === true
        ? missionWorkerWake.output.parse(await call('mission_worker_wake', input))
        : { ...missionHibernate.output.parse(await call('mission_hibernate', input)), notes: [] };
    print({ workers: moved, notes }, () =>
      [moved.length === 0 ? 'Nobody.\n' : rows(moved), notesOf(notes)].join(''),
    );
    return 0;
  },
};
