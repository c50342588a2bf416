import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ProgramToStart } from '../../actors/launcher.ts';
import { createMission, type RunningMission } from '../../actors/mission/create-mission.ts';
import type { MissionDependencies } from '../../actors/mission/mission-dependencies.ts';
import type { SlotConfiguration, SlotKeyboard } from '../../actors/slot-runtime.ts';
import { Role, SlotId, type TaskId } from '../../db/ids.ts';
import { type OpenDatabase, openDatabase } from '../../db/open.ts';
import { type AgentWorktrees, createAgentWorktrees } from '../../services/agents/agent-worktrees.ts';
import type { HookReply } from '../../services/claude/hook-body.ts';
import { readStatusLine } from '../../services/claude/read-status-line.ts';
import { readUsage, transcriptsOf } from '../../services/claude/transcript-usage.ts';
import { BudgetsSchema } from '../../services/config/budgets.ts';
import { KnowledgeSettingsSchema } from '../../services/knowledge/tiers.ts';
import { MemorySettingsSchema } from '../../services/memory/settings.ts';
import { createGh } from '../../services/merging/gh.ts';
import { createPermissionStore } from '../../services/permissions/permission-store.ts';
import type { PtyHost } from '../../services/pty/pty-host.ts';
import { createRepositories } from '../../services/repositories/create-repositories.ts';
import { createRoleFiles } from '../../services/roles/role-files.ts';
import { createRoleStore } from '../../services/roles/role-store.ts';
import { createRepositoryCare } from '../../services/worktrees/create-repository-care.ts';
import { createWorktrees } from '../../services/worktrees/create-worktrees.ts';
import { createGit } from '../../services/worktrees/git.ts';
import { createRepositoryTurns } from '../../services/worktrees/repository-turns.ts';
import { createWorktreeSetUp } from '../../services/worktrees/set-up-worktree.ts';
import { routerOf } from '../services/router/router-of.ts';
import { createFakePtyHost, idleReading } from './fake-pty-host.ts';

export const slotId = SlotId.parse('coder-1');
export const role = Role.parse('coder');

/** Longer than any wait of the mission itself: only a hang meets it. */
const HANGS_AFTER_MS = 30_000;

export const slotOf = (change: Partial<SlotConfiguration> = {}): SlotConfiguration => ({
  id: slotId,
  role,
  description: '',
  cwd: '/tmp',
  autoStart: false,
  dangerouslySkipPermissions: false,
  trustCwd: false,
  traits: [],
  stuck: { afterMinutes: 10, toolMinutes: 30, stepMinutes: 2, recoverMinutes: 60 },
  context: { handOverBelowPercent: 10, by: 'handOver' },
  confirmWithinMinutes: null,
  ...change,
});

/** What a slot starts when nothing has to be prepared. */
export const PROGRAM: ProgramToStart = {
  file: '/bin/true',
  args: [],
  env: {},
  cwd: '/tmp',
  version: '2.1.329',
  configDirectory: null,
};

/** A keyboard whose every key does what it should. */
export const willingKeyboard = (change: Partial<SlotKeyboard> = {}): SlotKeyboard => ({
  async deliver(_, { typed }) {
    typed();
    return { ok: true };
  },
  choose: async () => ({ ok: true }),
  dismiss: async () => ({ ok: true }),
  queue: async () => ({ ok: true }),
  command: async () => ({ ok: true }),
  interrupt: async () => ({ ok: true }),
  passThrough: async () => {},
  ...change,
});

/** The same, and every prompt that is typed goes into `typed`. */
export const notingKeyboard = (typed: string[], change: Partial<SlotKeyboard> = {}): SlotKeyboard =>
  willingKeyboard({
    async deliver(prompt, { typed: reached }) {
      typed.push(prompt);
      reached();
      return { ok: true };
    },
    ...change,
  });

type Change = Partial<MissionDependencies> & {
  readonly host?: Partial<PtyHost>;
  /** In place of what git does for agents. */
  readonly agentWorktrees?: Partial<AgentWorktrees>;
  readonly agentRoleFacts?: MissionDependencies['agents']['roleFacts'];
  readonly agentSlotOf?: MissionDependencies['agents']['slotOf'];
};

/** Missions over one fake pty host and one database, each of which may be killed and followed by another. */
export function createStage(always: Change = {}) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-stage-'));
  const fake = createFakePtyHost();
  const errors: string[] = [];
  const note = (facts: object, message: string): void => {
    errors.push(`${message} ${JSON.stringify(facts)}`);
  };
  const alone = createRepositoryTurns();
  const gitEnv = { ...process.env, HOME: directory };
  let daemons = 0;
  let database: OpenDatabase = openDatabase(path.join(directory, '0.db'));
  let running: RunningMission | undefined;

  async function start(change: Change = {}): Promise<RunningMission> {
    const { host, agentWorktrees, agentRoleFacts, agentSlotOf, ...dependencies } = { ...always, ...change };
    const connected: PtyHost = { ...fake.host, ...host };
    const root = path.join(directory, 'worktrees');
    const worktrees = createWorktrees({ root, env: gitEnv, alone });
    const real: AgentWorktrees = createAgentWorktrees({ root, env: gitEnv, alone, worktrees });
    running = await createMission({
      database,
      slots: [slotOf()],
      agents: {
        slotOf:
          agentSlotOf ??
          ((row) => slotOf({ id: row.slotId, role: row.role, cwd: row.worktree, resumes: true })),
        worktrees: { ...real, ...agentWorktrees },
        setUp: createWorktreeSetUp(gitEnv),
        roleFacts: agentRoleFacts ?? (() => ({ persistence: 'ephemeral' })),
      },
      limits: { maxQueued: 10_000, roles: {} },
      logger: { info() {}, warn: note, error: note },
      now: () => Date.now(),
      logFile: () => '/dev/null',
      connectHost: async () => connected,
      prepare: async () => PROGRAM,
      keyboard: () => willingKeyboard(),
      protectedInPush: async () => null,
      judge: () => ({
        decision: 'allow',
        rule: 'test',
        argument: '',
        perhapsDenied: false,
        personOnly: false,
      }),
      rules: createPermissionStore(path.join(directory, 'permissions.yaml')),
      redact: (_, text) => text,
      redactScreen: (_, text) => text,
      isOwnTranscript: () => true,
      outlived: () => {},
      hookWasCalled: () => false,
      keepDoubt: async () => {},
      expectedWords: (prompt) => prompt,
      sameWords: (expected, heard) => expected === heard,
      readTurn: async () => ({
        found: false,
        ended: false,
        interrupted: false,
        error: null,
        lastAssistantMessage: null,
      }),
      lengthOf: async () => 0,
      readLastWords: async () => null,
      screenshots: { keep: () => Promise.reject(new Error('nothing is drawn here')), async close() {} },
      watchSession: () => () => {},
      runCheck: async () => {},
      telling: { receivers: [], send: async () => {} },
      statusLineRow: readStatusLine,
      worktrees: createWorktrees({ root: path.join(directory, 'worktrees'), env: process.env, alone }),
      repositoryCare: createRepositoryCare({
        root: path.join(directory, 'worktrees'),
        env: process.env,
        alone,
      }),
      repositories: createRepositories({ root: path.join(directory, 'repositories'), env: process.env }),
      mergeGate: {
        git: createGit(process.env),
        alone,
        gh: createGh(process.env),
        checksFolder: path.join(directory, 'merging'),
      },
      daemon: { home: directory, version: '0.0.0', port: () => 0 },
      infra: {
        servers: () => ({ servers: [], problem: null }),
        reach: async () => [],
        diagnose: () => Promise.reject(new Error('not here')),
      },
      skills: { library: { read: () => ({ skills: [], problems: [] }), folders: () => [] } },
      roles: { store: createRoleStore(directory), files: createRoleFiles(directory) },
      budgets: BudgetsSchema.parse({}),
      conversations: { startIngest: () => ({ look() {}, async close() {} }), prices: () => ({}) },
      knowledge: KnowledgeSettingsSchema.parse({}),
      probeMachine: () => Promise.reject(new Error('there is no other machine here')),
      startNeighbours() {
        throw new Error('nothing is embedded here');
      },
      router: routerOf({ backends: [] }, database.db),
      memory: MemorySettingsSchema.parse({}),
      readUsage,
      transcriptsOf,
      ...dependencies,
    });
    await running.start();
    return running;
  }

  async function stop(endAgents: boolean): Promise<void> {
    await running?.close({ endAgents });
    running = undefined;
  }

  return {
    fake,
    errors,
    start,
    /** The rows as they stand now. */
    database: () => database,
    /** The daemon is killed with -9: what it had stored stays, and nothing it does afterwards counts. */
    async kill9(): Promise<void> {
      daemons += 1;
      const file = path.join(directory, `${daemons}.db`);
      await database.raw.backup(file);
      fake.silence();
      await stop(false);
      database = openDatabase(file);
    },
    /** The daemon is ended as `missiond down` ends it, and may be started again. */
    async down(options: { readonly keepAgents: boolean } = { keepAgents: false }): Promise<void> {
      await stop(!options.keepAgents);
      database = openDatabase(path.join(directory, `${daemons}.db`));
    },
    async close(): Promise<void> {
      await stop(false);
      if (database.raw.open) database.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Resolves when `holds` is true, now or after something moved. */
export function until(mission: RunningMission, what: string, holds: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      unsubscribe();
      act();
    };
    const look = (): void => {
      if (holds()) finish(resolve);
    };
    const timer = setTimeout(() => finish(() => reject(new Error(`never: ${what}`))), HANGS_AFTER_MS);
    const unsubscribe = mission.subscribe(look);
    look();
  });
}

/** Resolves when the slot has the status and, when it is named, the state. */
export function untilSlot(mission: RunningMission, status: string, state?: string): Promise<void> {
  return until(mission, `slot ${status} ${state ?? ''}`, () => {
    const slot = mission.slot(slotId);
    return slot.status === status && (state === undefined || slot.state === state);
  });
}

/** A hook of a slot's own session. */
export async function hook(
  mission: RunningMission,
  name: string,
  more: object = {},
  of = slotId,
): Promise<HookReply> {
  const { epoch, sessionId } = mission.slot(of);
  if (epoch === undefined) throw new Error('the slot has no run');
  const where = { session_id: sessionId, transcript_path: '/tmp/session.jsonl', cwd: '/tmp' };
  const body = { hook_event_name: name, ...where, ...more };
  return mission.receiveHook(of, epoch, body, AbortSignal.timeout(5_000));
}

/** Claude Code stands at its prompt and has called its first hook. */
export async function becomesReady(
  mission: RunningMission,
  { fake }: Pick<ReturnType<typeof createStage>, 'fake'>,
): Promise<void> {
  fake.show(slotId, idleReading());
  await untilSlot(mission, 'live', 'idle');
  await hook(mission, 'SessionStart', { source: 'startup' });
}

/** A mission whose slot stands at its prompt. */
export async function startIdle(
  stage: Pick<ReturnType<typeof createStage>, 'fake' | 'start'>,
  change: Change = {},
): Promise<RunningMission> {
  const mission = await stage.start(change);
  await mission.spawn(slotId, {});
  await becomesReady(mission, stage);
  return mission;
}

export const taskIs = (mission: RunningMission, taskId: TaskId, status: string): Promise<void> =>
  until(mission, `task ${status}`, () => mission.task(taskId).status === status);

/**
 * Resolves when the mission has looked at everything once more: nothing else ends a queued task at its deadline.
 * @param tick where the clock stands still: lets a millisecond go by
 */
export async function sweepGoesBy(mission: RunningMission, tick: () => void = () => {}): Promise<void> {
  const { taskId } = await mission.submit({ slotId, prompt: 'too late', deadlineMs: 1 });
  tick();
  await taskIs(mission, taskId, 'failed');
}
