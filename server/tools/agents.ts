import { z } from 'zod';
import { AgentStatus, AgentView } from '../../actors/agents/agent-views.ts';
import { AgentName, RepositoryName, Role, SlotId, TaskId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { type CallContext, operation } from './operation.ts';
import { momentOf, submitOptions } from './submit-options.ts';

const MOST_LISTED = 200;
const LONGEST_PATH = 4_096;
const LONGEST_REF = 250;
const LONGEST_REPORT = 20_000;
const LARGEST_PULL_REQUEST = 10_000_000;

const name = z.string().min(1).max(70).describe('Its name, `repository/name`, or the name of its slot.');
const repository = RepositoryName.optional().describe(
  'The repository; the current one is preferred without it.',
);
const which = { name, repository };
const cwd = z.string().max(LONGEST_PATH).optional().describe('The folder in which the caller stands.');
const Worker = z.object({ worker: AgentView });
const Workers = z.object({ workers: z.array(AgentView) });

/** Its worktree is its own already, and its first task is handed in once. */
const { worktree: _, idempotencyKey: __, ...taskOptions } = submitOptions;

/** An agent knows its own repository; everybody else names theirs. */
const repositoryOf = (
  { by, mission }: CallContext,
  said: RepositoryName | undefined,
): RepositoryName | undefined =>
  said ?? (by.role === 'slot' ? mission.workers.ofSlot(by.slotId)?.repository : undefined);

export const missionWorkerCreate = operation({
  name: 'mission_worker_create',
  title: 'Make an agent',
  description:
    'Makes an agent for a repository: a name, a branch (work/NAME), a git worktree of its own, a slot, and its task. It begins at the default branch as the remote has it, or where `branch`, `pullRequest` or `from` say. Returns when its worktree is set up; follow the task with mission_status, the agent with mission_worker_get.',
  input: z.object({
    task: z.string().optional().describe('What to do, in the words that Claude Code should read.'),
    repository: RepositoryName.optional().describe('Else that of `cwd`, else the current one.'),
    cwd,
    name: AgentName.optional().describe('Drawn when it is left out. Names are never used again.'),
    role: Role.optional().describe('`worker` when it is left out.'),
    kind: z.literal('workspace').optional().describe('A workspace of the person: nobody gives it tasks.'),
    branch: z.string().min(1).max(LONGEST_REF).optional().describe('Works on a branch that is there.'),
    pullRequest: z
      .number()
      .int()
      .positive()
      .max(LARGEST_PULL_REQUEST)
      .optional()
      .describe('Begins at a pull request.'),
    from: z.string().min(1).max(LONGEST_REF).optional().describe('Begins there: a branch, a tag, a commit.'),
    ...taskOptions,
  }),
  output: z.object({
    worker: AgentView,
    notes: z.array(z.string()).describe('What a person should know of how it was made.'),
  }),
  readOnly: false,
  async run(input, context) {
    const { mission, caller, by, signal } = context;
    const own = by.role === 'slot' ? mission.workers.ofSlot(by.slotId)?.repository : undefined;
    if (own !== undefined && input.repository !== undefined && input.repository !== own)
      throw new MissionError('not_permitted', `The agent of a slot of ${own} makes agents for ${own} alone.`);
    const {
      task,
      repository: said,
      cwd: folder,
      name: called,
      role,
      kind,
      branch,
      pullRequest,
      from,
      ...rest
    } = input;
    const { notBefore, ...options } = rest;
    const { worker, notes } = await mission.workers.create(
      {
        task,
        which: { repository: own ?? said, cwd: folder },
        name: called,
        role,
        kind,
        branch,
        pullRequest,
        from,
        options: { ...options, notBefore: momentOf(notBefore) },
        submitter: caller,
        maker: by.role === 'slot' ? by.slotId : undefined,
      },
      signal,
    );
    return { worker, notes: [...notes] };
  },
});

export const missionWorkerTask = operation({
  name: 'mission_worker_task',
  title: 'Give an agent more to do',
  description:
    'Another task for a worker or a reviewer, in the worktree and the conversation that it has: what a review asks for, or a conflict to settle. One whose work has ended is woken for it; whoever had it made and the supervisor hear when this, too, is done.',
  input: z.object({
    ...which,
    task: z.string().trim().min(1).describe('What to do, in the words that Claude Code should read.'),
  }),
  output: Worker.extend({
    taskId: TaskId,
    notes: z.array(z.string()).describe('What a person should know of how it was woken.'),
  }),
  readOnly: false,
  async run({ task, name: called, repository: said }, context) {
    const { mission, by, caller, signal } = context;
    const meant = mission.workers.get({ name: called, repository: repositoryOf(context, said) });
    const own = by.role === 'slot' ? mission.workers.ofSlot(by.slotId)?.repository : meant.repository;
    if (meant.repository !== own)
      throw new MissionError('not_permitted', `${meant.slotId} is no agent of the repository of the caller.`);
    const work = { task, submitter: caller };
    const { notes, ...given } = await mission.workers.giveWork({ name: meant.slotId }, work, signal);
    return { ...given, notes: [...notes] };
  },
});

export const missionWorkerList = operation({
  name: 'mission_worker_list',
  title: 'List agents of teams',
  description:
    'The agents that were made for repositories, newest first, with branch, worktree, task and what they do. Those whose worktree is gone are in mission_worker_history.',
  input: z.object({
    repository: RepositoryName.optional(),
    status: z.array(AgentStatus).min(1).optional().describe('All but `removed` when nothing is said.'),
    kind: z.array(AgentView.shape.kind).min(1).optional(),
    limit: z.number().int().positive().max(MOST_LISTED).default(50),
  }),
  output: Workers,
  readOnly: true,
  ownOfSlot: ({ repository: said }, slotId, mission) => {
    const own = mission.workers.ofSlot(slotId)?.repository;
    return own !== undefined && (said ?? own) === own;
  },
  run: ({ status, kind, repository: said, limit }, context) => ({
    workers: [
      ...context.mission.workers.list({
        repository: repositoryOf(context, said),
        statuses: status,
        kinds: kind,
        limit,
      }),
    ],
  }),
});

export const missionWorkerGet = operation({
  name: 'mission_worker_get',
  title: 'Look at an agent',
  description: 'One agent of a team: branch, worktree, task, what it does, and how its work ended.',
  input: z.object(which),
  output: AgentView,
  readOnly: true,
  run: (input, { mission }) => mission.workers.get(input),
});

export const missionWorkerHistory = operation({
  name: 'mission_worker_history',
  title: 'Search what agents have done',
  description:
    'Agents, newest first, whatever has become of them, with how their work ended. `search`: in name, branch, task and report.',
  input: z.object({
    repository: RepositoryName.optional(),
    search: z.string().max(500).optional(),
    status: z.array(AgentStatus).min(1).optional(),
    limit: z.number().int().positive().max(MOST_LISTED).default(20),
  }),
  output: Workers,
  readOnly: true,
  // What agents and people have said.
  access: 'orchestrator',
  run: ({ status = AgentStatus.options, ...filter }, { mission }) => ({
    workers: [...mission.workers.list({ ...filter, statuses: status })],
  }),
});

export const missionDone = operation({
  name: 'mission_done',
  title: 'Say that the work is done',
  description:
    'For the agent of a repository: its work has ended, and how. Whoever asked for it and the supervisor are told; the session ends with this turn. Say `failure` when it could not be done.',
  input: z.object({
    summary: z.string().trim().min(1).max(LONGEST_REPORT).describe('What was done, and what is left.'),
    tests: z
      .string()
      .trim()
      .min(1)
      .max(LONGEST_REPORT)
      .optional()
      .describe('Which tests were run, and what they came to.'),
    failure: z.string().trim().min(1).max(LONGEST_REPORT).optional().describe('Why it could not be done.'),
  }),
  output: Worker,
  readOnly: false,
  ownOfSlot: () => true,
  async run(report, { mission, by }) {
    if (by.role !== 'slot')
      throw new MissionError('not_permitted', 'Only an agent says that its work is done.', {
        remedy: 'To end one: missiond worker keep NAME, or land, or discard.',
      });
    return { worker: await mission.workers.done(by.slotId, report) };
  },
});

export const missionWhoami = operation({
  name: 'mission_whoami',
  title: 'Who am I',
  description:
    'For the agent of a slot: its slot, role, repository, branch, worktree, task, and who else is there.',
  input: z.object({}),
  output: z.object({
    slotId: SlotId,
    role: Role,
    worker: AgentView.optional(),
    team: z.array(
      z.object({ name: z.string(), role: Role, status: z.string(), branch: z.string().optional() }),
    ),
  }),
  readOnly: true,
  ownOfSlot: () => true,
  run(_, { mission, by }) {
    if (by.role !== 'slot')
      throw new MissionError('input_invalid', 'Only the agent of a slot is somebody here.', {
        remedy: 'People are the owner; tokens are listed by missiond token list.',
      });
    const { slotId, role } = mission.slot(by.slotId);
    const worker = mission.workers.ofSlot(slotId);
    const team =
      worker === undefined ? [] : mission.workers.list({ repository: worker.repository, limit: MOST_LISTED });
    return {
      slotId,
      role,
      ...(worker === undefined ? {} : { worker }),
      team: team
        .filter((other) => other.slotId !== slotId)
        .map((other) => ({ name: other.name, role: other.role, status: other.status, branch: other.branch })),
    };
  },
});

export const missionWorkerDiff = operation({
  name: 'mission_worker_diff',
  title: 'What an agent has changed',
  description:
    'A page of what has changed in the worktree of an agent since its work began, committed or not, as git shows it.',
  input: z.object({ ...which, offset: z.number().int().nonnegative().default(0) }),
  output: z.object({
    worker: AgentView,
    diff: z.string(),
    totalChars: z.number().int(),
    nextOffset: z.number().int().optional(),
    untracked: z.array(z.string()),
  }),
  readOnly: true,
  access: 'orchestrator',
  async run({ offset, ...input }, { mission, signal }) {
    const { nextOffset, untracked, ...page } = await mission.workers.diff(input, offset, signal);
    return { ...page, untracked: [...untracked], ...(nextOffset === null ? {} : { nextOffset }) };
  },
});

/** What only people and orchestrators do: an agent gets nothing merged or thrown away by itself. */
const ends = { readOnly: false, forSlots: false } as const;

export const missionWorkerKeep = operation({
  name: 'mission_worker_keep',
  title: 'End an agent, keep its work',
  description: 'Ends the session of an agent. Its branch and its worktree stay as they are.',
  input: z.object(which),
  output: Worker,
  ...ends,
  run: async (input, { mission, caller }) => ({ worker: await mission.workers.keep(input, caller) }),
});

export const missionWorkerDiscard = operation({
  name: 'mission_worker_discard',
  title: 'End an agent, remove its worktree',
  description:
    'Ends the session of an agent, saves everything in its worktree under refs/missiond/rescue (`rescue` says where), then removes worktree and branch. A branch that was there before it stays.',
  input: z.object(which),
  output: Worker,
  ...ends,
  destructive: true,
  run: async (input, { mission, caller, signal }) => ({
    worker: await mission.workers.discard(input, caller, signal),
  }),
});

export const missionWorkerLand = operation({
  name: 'mission_worker_land',
  title: 'Bring the work of an agent home',
  description:
    'Brings the commits of an agent into the default branch of the repository here (forwarded, else merged), then removes its worktree. A working tree in which that branch is checked out goes along when nothing in it is uncommitted; else nothing happens.',
  input: z.object({
    ...which,
    onto: z
      .string()
      .min(1)
      .max(LONGEST_REF)
      .optional()
      .describe('The branch; the default one when it is left out.'),
    keep: z.boolean().default(false).describe('The agent and its worktree stay.'),
  }),
  output: z.object({
    worker: AgentView,
    landing: z.object({
      how: z.enum(['nothing', 'forwarded', 'merged']),
      before: z.string(),
      after: z.string(),
      workingTree: z.string().nullable(),
    }),
    notes: z.array(z.string()),
  }),
  ...ends,
  access: 'owner',
  async run({ onto, keep, ...input }, { mission, caller, signal, isPerson }) {
    // It asks for no review, no check and no word about protected files: a person has looked at it.
    if (!isPerson)
      throw new MissionError('person_only', 'Only a person brings work home past the merge gate.', {
        remedy: 'mission_merge merges what is reviewed and passes its checks.',
      });
    const { notes, ...landed } = await mission.workers.land(input, { onto, keep, by: caller }, signal);
    return { ...landed, notes: [...notes] };
  },
});

export const agentOperations = [
  missionWorkerCreate,
  missionWorkerTask,
  missionWorkerList,
  missionWorkerGet,
  missionWorkerHistory,
  missionWorkerDiff,
  missionWorkerKeep,
  missionWorkerDiscard,
  missionWorkerLand,
  missionDone,
  missionWhoami,
];
