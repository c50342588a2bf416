import type { AgentView } from '../../../actors/agents/agent-views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { missionWorkerWake } from '../../tools/agent-care.ts';
import {
  missionWorkerCreate,
  missionWorkerDiscard,
  missionWorkerGet,
  missionWorkerList,
} from '../../tools/agents.ts';
import { notesOf, REPO, rows, said } from '../agent-words.ts';
import type { Command, CommandContext } from '../command.ts';

/** Whoever connects to one that sleeps wants it awake. */
async function woken(
  { name, repository, slotId }: AgentView,
  call: CommandContext['call'],
): Promise<AgentView> {
  const { workers, notes } = missionWorkerWake.output.parse(
    await call('mission_worker_wake', { name, repository }),
  );
  const awake = workers.find((one) => one.slotId === slotId);
  if (awake !== undefined) return awake;
  throw new MissionError('agent_refused', `${name} sleeps on. ${notes.join(' ')}`.trim(), {
    remedy: `missiond workers ${name} --repo ${repository} says more.`,
  });
}

const WORKSPACE_USAGE = 'list | add NAME [--branch B | --from REF] | remove NAME | connect NAME';

export const workspace: Command = {
  name: 'workspace',
  agents: ['list'],
  summary: 'agents for your own work: a worktree and a session, which nobody gives tasks',
  usage: WORKSPACE_USAGE,
  options: {
    repo: REPO,
    branch: { type: 'string', help: 'of add: a branch that is there' },
    from: { type: 'string', help: 'of add: begins there' },
  },
  words: [1, 2],
  async run(parsed, context) {
    const [verb, name] = parsed.positionals;
    const { call, print, home, env, json, stdout } = context;
    const { repo: repository, branch, from } = parsed.values;
    if (verb === 'list') {
      const output = missionWorkerList.output.parse(
        await call('mission_worker_list', said({ repository, kind: ['workspace'] })),
      );
      print(output, () => rows(output.workers));
      return 0;
    }
    if (name !== undefined && verb === 'add') {
      const output = missionWorkerCreate.output.parse(
        await call(
          'mission_worker_create',
          said({ kind: 'workspace', repository, cwd: process.cwd(), name, branch, from }),
        ),
      );
      print(
        output,
        () =>
          `${output.worker.name} is ready on ${output.worker.branch}: ${output.worker.worktree}\n${notesOf(output.notes)}`,
      );
      return 0;
    }
    if (name !== undefined && verb === 'remove') {
      const output = missionWorkerDiscard.output.parse(
        await call('mission_worker_discard', said({ name, repository })),
      );
      const { rescue } = output.worker;
      print(
        output,
        () => `${name} is gone.${rescue === undefined ? '' : ` Everything is saved under ${rescue}.`}\n`,
      );
      return 0;
    }
    if (name !== undefined && verb === 'connect') {
      const worker = missionWorkerGet.output.parse(
        await call('mission_worker_get', said({ name, repository })),
      );
      const { slotId, state } = worker.status === 'hibernated' ? await woken(worker, call) : worker;
      if (state === 'exited' || state === undefined) await call('mission_pty_spawn', { slotId });
      // A program that asks is told how a person would.
      if (json || stdout.isTTY !== true) {
        print({ slotId }, () => `missiond attach ${slotId}\n`);
        return 0;
      }
      const { attachCommand } = await import('../../attach/attach-command.ts');
      return await attachCommand([slotId, '--home', home], { ...process, env });
    }
    throw new MissionError(
      'input_invalid',
      `missiond workspace does not understand "${parsed.positionals.join(' ')}".`,
      {
        remedy: `Usage: missiond workspace ${WORKSPACE_USAGE}`,
      },
    );
  },
};
