import { MissionError } from '../../../services/errors/mission-error.ts';
import {
  missionWorkerDiff,
  missionWorkerDiscard,
  missionWorkerKeep,
  missionWorkerLand,
  missionWorkerTask,
} from '../../tools/agents.ts';
import { workerPush } from '../../tools/merging.ts';
import { notesOf, REPO, said } from '../agent-words.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';

async function diff(input: Record<string, unknown>, { call, print }: CommandContext): Promise<number> {
  let whole = '';
  for (let offset: number | undefined = 0; offset !== undefined; ) {
    const page = missionWorkerDiff.output.parse(await call('mission_worker_diff', { ...input, offset }));
    whole += page.diff;
    offset = page.nextOffset;
    if (offset !== undefined) continue;
    print({ ...page, diff: whole }, () => {
      const untracked = page.untracked.map((file) => `new, not added: ${file}\n`).join('');
      return `${whole}${whole === '' || whole.endsWith('\n') ? '' : '\n'}${untracked}`;
    });
  }
  return 0;
}

async function land(
  input: Record<string, unknown>,
  { values }: ParsedCommand,
  { call, print }: CommandContext,
): Promise<number> {
  const output = missionWorkerLand.output.parse(
    await call('mission_worker_land', said({ ...input, onto: values['onto'], keep: values['keep'] })),
  );
  const { worker, landing, notes } = output;
  const how = {
    nothing: 'has nothing that is not there',
    forwarded: 'has landed',
    merged: 'has been merged',
  };
  print(
    output,
    () => `${worker.name} ${how[landing.how]} (${landing.after.slice(0, 10)}).\n${notesOf(notes)}`,
  );
  return 0;
}

async function push(
  input: Record<string, unknown>,
  { values }: ParsedCommand,
  { call, print }: CommandContext,
): Promise<number> {
  const output = workerPush.output.parse(
    await call(
      'mission_worker_push',
      said({ ...input, to: values['to'], allowProtected: values['protected'] }),
    ),
  );
  const { commits, branch, repository, pullRequest, notes } = output;
  const where = `${branch} of ${repository}${pullRequest === undefined ? '' : ` (pull request ${pullRequest})`}`;
  print(
    output,
    () =>
      `${commits === 0 ? `There is nothing new for ${where}` : `${commits} ${commits === 1 ? 'commit' : 'commits'} pushed to ${where}`}.\n${notesOf(notes)}`,
  );
  return 0;
}

async function giveMore(
  input: Record<string, unknown>,
  task: string,
  { call, print }: CommandContext,
): Promise<number> {
  const output = missionWorkerTask.output.parse(await call('mission_worker_task', { ...input, task }));
  const { worker, taskId, notes } = output;
  print(
    output,
    () =>
      `${worker.repository}/${worker.name} has it\n  task      ${taskId}\n  watch     missiond attach ${worker.slotId}\n${notesOf(notes)}`,
  );
  return 0;
}

const WORKER_USAGE = 'more NAME "TASK" | diff|push|land|keep|discard NAME [--repo REPOSITORY]';
const NOT_UNDERSTOOD = { remedy: `Usage: missiond worker ${WORKER_USAGE}` };

export const worker: Command = {
  name: 'worker',
  agents: ['diff'],
  summary:
    'more work for an agent; what it has changed; push it to its pull request, bring it home, keep it, or throw it away after saving it',
  usage: WORKER_USAGE,
  options: {
    repo: REPO,
    onto: { type: 'string', help: 'of land: the branch that gets the commits (default: the default branch)' },
    to: { type: 'string', help: 'of push: another branch of the remote than that of its pull request' },
    protected: { type: 'boolean', help: 'of push: you agree to the protected files that it changes' },
    keep: { type: 'boolean', help: 'of land: the agent and its worktree stay' },
  },
  words: [2, 3],
  async run(parsed, context) {
    const [verb, name, task] = parsed.positionals;
    const input = said({ name, repository: parsed.values['repo'] });
    const { call, print } = context;
    if (verb === 'more' && task !== undefined) return giveMore(input, task, context);
    if (verb === 'more' || task !== undefined)
      throw new MissionError(
        'input_invalid',
        verb === 'more' ? 'What should it do?' : 'missiond worker: too many words',
        NOT_UNDERSTOOD,
      );
    if (verb === 'diff') return diff(input, context);
    if (verb === 'push') return push(input, parsed, context);
    if (verb === 'land') return land(input, parsed, context);
    if (verb === 'keep') {
      const output = missionWorkerKeep.output.parse(await call('mission_worker_keep', input));
      print(output, () => `${output.worker.name} has ended; ${output.worker.worktree} stays.\n`);
      return 0;
    }
    if (verb === 'discard') {
      const output = missionWorkerDiscard.output.parse(await call('mission_worker_discard', input));
      const { rescue, name: ended } = output.worker;
      print(
        output,
        () =>
          `${ended} is gone. ${rescue === undefined ? 'There was nothing to save.' : `Everything is saved under ${rescue}.`}\n`,
      );
      return 0;
    }
    throw new MissionError(
      'input_invalid',
      `missiond worker does not understand "${verb ?? ''}".`,
      NOT_UNDERSTOOD,
    );
  },
};
