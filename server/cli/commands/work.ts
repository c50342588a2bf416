import type { AgentView } from '../../../actors/agents/agent-views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import {
  missionHibernate,
  missionRepair,
  missionWorkerCreate,
  missionWorkerDiff,
  missionWorkerDiscard,
  missionWorkerGet,
  missionWorkerHistory,
  missionWorkerKeep,
  missionWorkerLand,
  missionWorkerList,
  missionWorkerWake,
} from '../../tools/agents.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { wholeNumberOf } from '../option-values.ts';
import { table } from '../table.ts';

/** As much of a text as stands in a row. */
const ROW_CHARACTERS = 50;
const REPO = { type: 'string', help: 'the repository that is meant' } as const;

const shortened = (words: string): string => {
  const line = words.replace(/\s+/g, ' ').trim();
  return line.length > ROW_CHARACTERS ? `${line.slice(0, ROW_CHARACTERS - 1)}…` : line;
};

/** What was said, without what was not. */
const said = (input: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));

function rows(workers: readonly AgentView[]): string {
  return table(
    ['NAME', 'ROLE', 'STATUS', 'DOES', 'BRANCH', 'TASK'],
    workers.map(({ repository, name, role, status, state, branch, task }) => [
      `${repository}/${name}`,
      role,
      status,
      state ?? '-',
      branch,
      shortened(task ?? ''),
    ]),
  );
}

function details(worker: AgentView): string {
  const { completion, spent, task, ...rest } = worker;
  const lines = Object.entries(rest).map(([key, value]) => `${key.padEnd(13)}${value}\n`);
  const cost = `${'spent'.padEnd(13)}$${spent.usd.toFixed(2)}, ${spent.inputTokens} tokens in, ${spent.outputTokens} out\n`;
  const changes = completion?.changes;
  const counts =
    changes === undefined
      ? ''
      : `${'changed'.padEnd(13)}${changes.commits} commits, ${changes.files} files, +${changes.insertions} -${changes.deletions}, ${changes.uncommitted} not committed\n`;
  const words = (title: string, text: string | undefined): string =>
    text === undefined || text === '' ? '' : `\n${title}\n${text}\n`;
  return `${lines.join('')}${cost}${counts}${words('Task:', task)}${words('Failed:', completion?.failure)}${words('Report:', completion?.summary)}${words('Tests:', completion?.tests)}`;
}

const notesOf = (notes: readonly string[]): string => notes.map((note) => `  ${note}\n`).join('');

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
        `${worker.repository}/${worker.name} works on ${worker.branch}\n  worktree  ${worker.worktree}\n  watch     missiond attach ${worker.slotId}\n  then      missiond worker diff|land|keep|discard ${worker.name}\n${notesOf(notes)}`,
    );
    return 0;
  },
};

async function history({ values }: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const { repo: repository, search, status } = values;
  const output = missionWorkerHistory.output.parse(
    await call(
      'mission_worker_history',
      said({ repository, search, status: typeof status === 'string' ? status.split(',') : undefined }),
    ),
  );
  print(output, () =>
    table(
      ['NAME', 'STATUS', 'ENDED', 'FILES', 'COST', 'TASK', 'REPORT'],
      output.workers.map(({ repository: of, name, status: is, completion, spent, task }) => [
        `${of}/${name}`,
        completion?.failure === undefined ? is : `${is} (failed)`,
        completion === undefined ? '-' : new Date(completion.at).toISOString().slice(0, 16),
        completion?.changes === undefined ? '-' : String(completion.changes.files),
        `$${spent.usd.toFixed(2)}`,
        shortened(task ?? ''),
        shortened(completion?.failure ?? completion?.summary ?? ''),
      ]),
    ),
  );
  return 0;
}

async function list({ values }: ParsedCommand, { call, print }: CommandContext): Promise<number> {
  const output = missionWorkerList.output.parse(
    await call('mission_worker_list', said({ repository: values['repo'] })),
  );
  print(output, () => rows(output.workers));
  return 0;
}

async function show(
  name: string,
  { values }: ParsedCommand,
  { call, print }: CommandContext,
): Promise<number> {
  const output = missionWorkerGet.output.parse(
    await call('mission_worker_get', said({ name, repository: values['repo'] })),
  );
  print(output, () => details(output));
  return 0;
}

export const workers: Command = {
  name: 'workers',
  agents: 'all',
  summary: 'the agents that work on repositories; one of them; or what they have done',
  usage: '[NAME | history [--search WORDS] [--status STATUS,…]] [--repo REPOSITORY]',
  options: {
    repo: REPO,
    search: { type: 'string', help: 'of the history: words in name, branch, task or report' },
    status: { type: 'string', help: 'of the history: active, hibernated, completed, removed' },
  },
  words: [0, 1],
  run(parsed, context) {
    const [name] = parsed.positionals;
    if (name === 'history') return history(parsed, context);
    return name === undefined ? list(parsed, context) : show(name, parsed, context);
  },
};

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

const WORKER_USAGE = 'diff|land|keep|discard NAME [--repo REPOSITORY]';

export const worker: Command = {
  name: 'worker',
  agents: ['diff'],
  summary: 'what an agent has changed; bring it home, keep it, or throw it away after saving it',
  usage: WORKER_USAGE,
  options: {
    repo: REPO,
    onto: { type: 'string', help: 'of land: the branch that gets the commits (default: the default branch)' },
    keep: { type: 'boolean', help: 'of land: the agent and its worktree stay' },
  },
  words: [2, 2],
  async run(parsed, context) {
    const [verb, name] = parsed.positionals;
    const input = said({ name, repository: parsed.values['repo'] });
    const { call, print } = context;
    if (verb === 'diff') return diff(input, context);
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
    throw new MissionError('input_invalid', `missiond worker does not understand "${verb ?? ''}".`, {
      remedy: `Usage: missiond worker ${WORKER_USAGE}`,
    });
  },
};

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
    const { call, print, stdout } = context;
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
      const { slotId, state } = missionWorkerGet.output.parse(
        await call('mission_worker_get', said({ name, repository })),
      );
      if (state === 'exited' || state === undefined) await call('mission_pty_spawn', { slotId });
      stdout.write(`missiond attach ${slotId}\n`);
      return 0;
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

export const repair: Command = {
  name: 'repair',
  agents: 'nothing',
  summary: 'compares what is written of agents with what is there; with --yes, mends it',
  usage: '[--yes]',
  options: { yes: { type: 'boolean', help: 'do it' } },
  words: [0, 0],
  async run({ values }, { call, print }) {
    const output = missionRepair.output.parse(
      await call('mission_repair', { apply: values['yes'] === true }),
    );
    print(output, () =>
      output.findings.length === 0
        ? 'Everything is as it is written.\n'
        : output.findings
            .map(
              ({ slotId, finding, remedy, done }) =>
                `${slotId}: ${finding}\n  ${done ? 'done' : 'would be done'}: ${remedy}\n`,
            )
            .join(''),
    );
    return 0;
  },
};
