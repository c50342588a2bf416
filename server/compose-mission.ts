import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createMission, type RunningMission } from '../actors/mission/create-mission.ts';
import type { MissionDependencies } from '../actors/mission/mission-dependencies.ts';
import type { OpenDatabase } from '../db/open.ts';
import type { StatelyBridge } from '../inspector/stately.ts';
import { createAgentWorktrees } from '../services/agents/agent-worktrees.ts';
import { createSlotBook } from '../services/agents/slot-book.ts';
import { hookWasCalled } from '../services/claude/hook-mark.ts';
import { readLastWords } from '../services/claude/last-words.ts';
import { isOwnTranscript } from '../services/claude/own-transcript.ts';
import { PINNED_CLAUDE_CODE } from '../services/claude/pinned-version.ts';
import { readStatusLine } from '../services/claude/read-status-line.ts';
import { configDirectoryOf } from '../services/claude/session-registry.ts';
import { lengthOfTranscript, readTurn } from '../services/claude/transcript.ts';
import { readUsage, transcriptsOf } from '../services/claude/transcript-usage.ts';
import { watchSession } from '../services/claude/watch-session.ts';
import {
  doubtsFolder,
  repositoriesFolder,
  screenshotsFolder,
  worktreesFolder,
} from '../services/config/home.ts';
import type { SlotsFile } from '../services/config/slots-file.ts';
import { createPrices } from '../services/conversations/prices.ts';
import type { StartIngest } from '../services/conversations/start-ingest.ts';
import { redactForReport, redactValue } from '../services/diagnostics/redact-report.ts';
import { createSnapshotRing } from '../services/diagnostics/snapshot-ring.ts';
import { createSshProbe } from '../services/discovery/probe-over-ssh.ts';
import { createSshRunner } from '../services/discovery/run-over-ssh.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import { createDiagnose } from '../services/infra/diagnose.ts';
import { followServers } from '../services/infra/follow-servers.ts';
import { createReachabilityCheck } from '../services/infra/reachability/check-reachability.ts';
import { createKeyboard } from '../services/keyboard/keyboard.ts';
import { planPrompt } from '../services/keyboard/prompt-plan.ts';
import { sameWords } from '../services/keyboard/same-words.ts';
import { startNeighbours } from '../services/knowledge/start-neighbours.ts';
import { createAgentLedger } from '../services/ledger/agent-ledger.ts';
import { createRepositoryLedger } from '../services/ledger/repository-ledger.ts';
import { createRouterLedger } from '../services/ledger/router-ledger.ts';
import { createGh } from '../services/merging/gh.ts';
import { receiverOf } from '../services/notices/receivers.ts';
import type { PermissionStore } from '../services/permissions/permission-store.ts';
import type { PtyHost } from '../services/pty/pty-host.ts';
import { createRepositories } from '../services/repositories/create-repositories.ts';
import { createRoleFiles } from '../services/roles/role-files.ts';
import { createRoleStore } from '../services/roles/role-store.ts';
import { createRouter } from '../services/router/create-router.ts';
import { followRouterSettings } from '../services/router/follow-settings.ts';
import { createDrawingProcess } from '../services/screenshots/start-drawing.ts';
import { createSkillLibrary } from '../services/skills/skill-library.ts';
import { createRepositoryCare } from '../services/worktrees/create-repository-care.ts';
import { createWorktrees } from '../services/worktrees/create-worktrees.ts';
import { createGit } from '../services/worktrees/git.ts';
import { createRepositoryTurns } from '../services/worktrees/repository-turns.ts';
import { createWorktreeSetUp } from '../services/worktrees/set-up-worktree.ts';
import { createScreenshots } from './create-screenshots.ts';
import { createJudging } from './judge-calls.ts';
import { createLaunchPreparation } from './prepare-launch.ts';
import { createCheckRunner } from './run-check.ts';
import { createNoticeSender } from './send-notice.ts';
import { createSlotLogger, slotLogFile } from './slot-log.ts';
import { createSlotSecrets, type SlotSecrets } from './slot-secrets.ts';
import { readVersion } from './version.ts';

export interface MissionParts {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly file: SlotsFile;
  readonly permissions: PermissionStore;
  readonly database: OpenDatabase;
  readonly logger: Logger;
  /** Finds or starts what holds the terminals. Asked again when it has gone. */
  readonly connectHost: () => Promise<PtyHost>;
  /** Where hooks are posted to; known once the doors are open. */
  readonly port: () => number;
  readonly inspect: StatelyBridge['inspect'];
  /** Begins to read transcripts. */
  readonly startIngest: StartIngest;
}

/** The thread that reads transcripts takes out what the slots must not tell, as soon as it is known. */
function tellSecrets(
  startIngest: StartIngest,
  secrets: SlotSecrets,
): MissionDependencies['conversations']['startIngest'] {
  return ({ heard, ended }) => {
    const unwatch = secrets.watch((known) => ingest.learn(known));
    const ingest = startIngest(
      {
        heard,
        ended(error) {
          unwatch();
          ended(error);
        },
      },
      secrets.known(),
    );
    return ingest;
  };
}

/** Gives the actors of a mission the services that act for them. */
export function composeMission({
  home,
  env,
  file,
  permissions,
  database,
  logger,
  connectHost,
  port,
  inspect,
  startIngest,
}: MissionParts): Promise<RunningMission> {
  const roles = createRoleStore(home);
  const repositories = createRepositoryLedger(database.db);
  const book = createSlotBook(file, createAgentLedger(database.db), repositories, roles);
  const alone = createRepositoryTurns();
  const worktrees = createWorktrees({ root: worktreesFolder(home), env, alone });
  const secrets = createSlotSecrets(book, file, env);
  const prices = createPrices(home);
  const doubts = createSnapshotRing(doubtsFolder(home), () => Date.now());
  // Before the first status line tells the version, the prompt is planned for the pinned one.
  const known = (version: string | null): string => version ?? PINNED_CLAUDE_CODE;
  return createMission({
    database,
    slots: file.slots,
    agents: {
      slotOf: book.ofAgent,
      worktrees: createAgentWorktrees({ root: worktreesFolder(home), env, alone, worktrees }),
      setUp: createWorktreeSetUp(env),
      roleFacts: (repositoryPath, role) => roles.of(repositoryPath).roles.get(role) ?? null,
    },
    limits: { maxQueued: file.maxQueued, roles: file.roles },
    logger: createSlotLogger(home, logger),
    now: () => Date.now(),
    logFile: (slotId) => slotLogFile(home, slotId),
    connectHost,
    prepare: createLaunchPreparation({
      home,
      env,
      slots: book,
      permissions,
      port,
      secrets,
    }),
    keyboard: (host, epoch, version) =>
      createKeyboard({
        write: (data) => host().write(epoch, data),
        read: () => host().read(epoch),
        text: () => host().text(epoch),
        sleep: (ms, abort) => sleep(ms, undefined, abort === undefined ? {} : { signal: abort }),
        now: () => Date.now(),
        version: () => known(version()),
      }),
    rules: permissions,
    ...createJudging(book, permissions, env),
    redact: secrets.redact,
    redactScreen: secrets.redactScreen,
    screenshots: createScreenshots({
      folder: screenshotsFolder(home),
      drawing: createDrawingProcess({ env }),
      secrets,
      now: () => Date.now(),
    }),
    isOwnTranscript,
    outlived: (slotId, signal) => void secrets.learn(slotId, signal),
    expectedWords(prompt, version) {
      const plan = planPrompt(prompt, { version: known(version) });
      if (plan.ok) return plan.expected;
      const { code, message, remedy } = plan.failure;
      throw new MissionError(code, message, remedy === undefined ? {} : { remedy });
    },
    sameWords,
    readTurn: ({ path, offset }, prompt) => readTurn(path, { prompt, afterOffset: offset }),
    lengthOf: lengthOfTranscript,
    runCheck: createCheckRunner(env),
    telling: {
      receivers: file.hooks.map(receiverOf),
      send: createNoticeSender({ env, now: () => Date.now(), logger }),
    },
    statusLineRow: readStatusLine,
    worktrees,
    repositoryCare: createRepositoryCare({ root: worktreesFolder(home), env, alone }),
    repositories: createRepositories({ root: repositoriesFolder(home), env }),
    mergeGate: {
      git: createGit(env),
      alone,
      gh: createGh(env),
      checksFolder: path.join(worktreesFolder(home), '.merging'),
    },
    roles: { store: roles, files: createRoleFiles(home) },
    budgets: file.budgets,
    conversations: { startIngest: tellSecrets(startIngest, secrets), prices },
    router: createRouter({
      settings: followRouterSettings(home, env, (problem) => {
        if (problem === null) logger.info('the files of the router were read anew');
        else logger.error({ error: problem.message }, 'the last good settings of the router stay in force');
      }),
      ledger: createRouterLedger(database.db),
      prices,
      now: () => Date.now(),
      onError: (error) =>
        logger.error({ error: String(error) }, 'what the router spent could not be written'),
    }),
    knowledge: file.knowledge,
    memory: file.memory,
    probeMachine: createSshProbe(env),
    daemon: { home, version: readVersion(), port },
    infra: {
      servers: followServers(home),
      reach: createReachabilityCheck({ env, ssh: createSshRunner(env) }),
      diagnose: createDiagnose(env, createSshRunner(env)),
    },
    skills: {
      library: createSkillLibrary({
        configDirectory: configDirectoryOf(env),
        repositories: repositories.list,
      }),
    },
    startNeighbours: (handlers) => startNeighbours(database.raw.name, handlers),
    readUsage,
    transcriptsOf,
    readLastWords,
    watchSession,
    hookWasCalled: (slotId, epoch) => hookWasCalled(home, slotId, epoch),
    keepDoubt: (slotId, snapshot) =>
      doubts.add(
        slotId,
        redactValue(snapshot, (text) => redactForReport(secrets.redact(slotId, text))),
      ),
    inspect,
  });
}
