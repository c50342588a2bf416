import { z } from 'zod';
import { WorktreeView } from '../../../actors/mission/views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { missionWorktreeRemove } from '../../tools/worktrees.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { table } from '../table.ts';

const List = z.object({ worktrees: z.array(WorktreeView) });

async function list({ values }: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const removed = values['removed'] === true;
  const output = List.parse(await call('mission_worktree_list', { removed }));
  print(output, () =>
    table(
      ['TASK', 'STATUS', 'BRANCH', 'COMMITS', 'FILES', 'LOOSE', 'PATH'],
      output.worktrees.map((worktree) => [
        worktree.taskId.slice(0, 8),
        worktree.status,
        worktree.branch,
        String(worktree.commits),
        String(worktree.changedFiles),
        String(worktree.uncommitted),
        worktree.rescue ?? worktree.path,
      ]),
    ),
  );
  return 0;
}

async function remove(taskId: string, { call, print }: CommandContext): Promise<number> {
  const output = missionWorktreeRemove.output.parse(await call('mission_worktree_remove', { taskId }));
  const done = output.removed ? `${output.worktree.path} is removed.\n` : '';
  print(output, () => `${done}${output.hint === undefined ? '' : `${output.hint}\n`}`);
  return 0;
}

export const worktrees: Command = {
  name: 'worktrees',
  agents: [''],
  summary: 'the git worktrees of tasks; or save what is in one, and remove it',
  usage: '[--removed] | remove TASK',
  options: {
    removed: { type: 'boolean', help: 'also those that are removed, with where their work is saved' },
  },
  words: [0, 2],
  async run(parsed, context) {
    const [verb, taskId] = parsed.positionals;
    if (verb === undefined) return list(parsed, context);
    if (verb === 'remove' && taskId !== undefined) return remove(taskId, context);
    throw new MissionError(
      'input_invalid',
      `missiond worktrees does not understand "${parsed.positionals.join(' ')}".`,
      {
        remedy: 'Usage: missiond worktrees [--removed] | remove TASK',
      },
    );
  },
};
