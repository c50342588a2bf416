import { missionWorkerCreate } from '../../tools/agents.ts';
import { notesOf, REPO, said } from '../agent-words.ts';
import type { Command } from '../command.ts';
import { wholeNumberOf } from '../option-values.ts';

export const work: Command = {
  name: 'work',
  agents: 'nothing',
  summary: 'a task for an agent of its own, in a worktree of its own',
  usage: '"TASK" [OPTIONS]',
  options: {
    repo: REPO,
    name: { type: 'string', help: 'its name; drawn when it is left out' },
    branch: { type: 'string', help: 'works on a branch that is there' },
    pr: { type: 'string', help: 'begins at a pull request, by its number' },
    role: { type: 'string', help: 'worker when it is left out' },
    from: { type: 'string', help: 'begins there: a branch, a tag, a commit' },
  },
  words: [1, 1],
  async run(parsed, { call, print }) {
    const { repo, name, branch, role, from } = parsed.values;
    const output = missionWorkerCreate.output.parse(
      await call(
        'mission_worker_create',
        said({
          task: parsed.positionals[0],
          repository: repo,
          cwd: process.cwd(),
          name,
          branch,
          pullRequest: wholeNumberOf(parsed, 'pr'),
          role,
          from,
        }),
      ),
    );
    const { worker, notes } = output;
    print(
      output,
      () =>
        `${worker.repository}/${worker.name} works ${worker.branch === undefined ? 'without a branch: it only reads' : `on ${worker.branch}`}\n  worktree  ${worker.worktree}\n  watch     missiond attach ${worker.slotId}\n  then      missiond worker diff|more|land|keep|discard ${worker.name}\n${worker.pullRequest === undefined || worker.kind !== 'worker' ? '' : `  push      missiond worker push ${worker.name}  (to pull request ${worker.pullRequest})\n`}${notesOf(notes)}`,
    );
    return 0;
  },
};
