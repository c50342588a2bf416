import { createActor } from 'xstate';
import type { SlotId } from '../../db/ids.ts';
import { recordersOf } from '../all-recorders.ts';
import { createAttempts } from '../attempts.ts';
import { createBoard } from '../board/create-board.ts';
import { untilEvent } from '../bus.ts';
import { createCore } from '../core.ts';
import { createDoubts } from '../doubts.ts';
import { createGoverning } from '../governor/create-governing.ts';
import { createGuardrails } from '../guardrails.ts';
import { createHandOver } from '../hand-over/hand-over.ts';
import { createWatching } from '../health/create-watching.ts';
import { createJournal } from '../journal.ts';
import { createLauncher } from '../launcher.ts';
import { createLeftOpen } from '../left-open.ts';
import { createProgress } from '../progress.ts';
import { createRecovery } from '../recovery.ts';
import { createRegistryWatch } from '../registry-watch.ts';
import { restoreRoot } from '../restore.ts';
import { createSessionReports } from '../session-reports.ts';
import { tokenFits, versionOf } from '../slot-runtime.ts';
import type { SlotSnapshot } from '../slot-view.ts';
import { createStatusLines } from '../status-lines.ts';
import { createStuck } from '../stuck/create-stuck.ts';
import { createSwarms } from '../swarms/create-swarms.ts';
import { createTelling } from '../telling.ts';
import { createTranscripts } from '../transcripts.ts';
import { createVerification } from '../verification.ts';
import { createWaitingTasks } from '../waiting-tasks.ts';
import { createWorktreeCare } from '../worktrees/create-worktree-care.ts';
import type { Mission } from './api.ts';
import { createAsking } from './asking.ts';
import { createBudgetOperations } from './budget-operations.ts';
import { createLearning } from './create-learning.ts';
import { createTeam } from './create-team.ts';
import { createDelivering } from './delivering.ts';
import { createDispatching } from './dispatching.ts';
import { followTurns } from './following-turns.ts';
import { createHookDoor } from './hook-door.ts';
import { createHostEvents } from './host-events.ts';
import type { MissionDependencies } from './mission-dependencies.ts';
import { provideMachines } from './provide-machines.ts';
import { createReactions } from './reactions.ts';
import type { RuntimeSlots } from './runtime-slots.ts';
import { createSlotViews } from './slot-views.ts';
import { createStartAndStop } from './start-and-stop.ts';
import { createSubmission } from './submit-task.ts';
import { createTaskOperations } from './task-operations.ts';
import { createTerminalOperations } from './terminal-operations.ts';

export interface RunningMission extends Mission {
  /** Slots that are made and removed meanwhile. */
  readonly runtimeSlots: RuntimeSlots;
  /** Brings back what the rows remember and begins to work. Called once the doors are open, since sessions are told their address. */
  start(): Promise<void>;
  /** Begins nothing new, and resolves when everything that runs has ended. What is queued waits for the next daemon. */
  finish(signal: AbortSignal): Promise<void>;
  /** Stops dispatching and writing. Terminals stay in the host unless `endAgents`. */
  close(options: { readonly endAgents: boolean }): Promise<void>;
}

/** Builds the actors and gives them meaning. Nothing moves before `start`. */
export async function createMission(dependencies: MissionDependencies): Promise<RunningMission> {
  const { database, logger, now } = dependencies;
  const telling = createTelling({ db: database.db, now, logger, ...dependencies.telling });
  const core = createCore({
    db: database.db,
    logger,
    now,
    slots: dependencies.slots,
    limits: dependencies.limits,
    notices: telling.notices,
  });
  const report = (where: string) => (error: unknown) =>
    logger.error(
      { error: error instanceof Error ? { message: error.message, stack: error.stack } : String(error) },
      where,
    );
  const stopping = new AbortController();
  let finishing = false;
  const pauseOf = (slotId: SlotId) => team.pauseOf(slotId) ?? governing.pauseOf(slotId);
  const mayBegin = (slotId: SlotId): boolean =>
    !finishing && !core.closing.has(slotId) && !team.isHeld(slotId) && pauseOf(slotId) === null;
  core.setHost(await dependencies.connectHost());

  const launcher = createLauncher({
    host: core.host,
    slots: core.slots,
    runtime: core.runtime,
    now,
    prepare: dependencies.prepare,
    keyboard: (epoch) =>
      dependencies.keyboard(core.host, epoch, () => versionOf(core.runtimes.values(), epoch)),
    watch: createRegistryWatch(core, dependencies.watchSession),
    lengthOf: dependencies.lengthOf,
  });
  const transcripts = createTranscripts({
    runtimes: () => core.runtimes.values(),
    readTurn: dependencies.readTurn,
    lengthOf: dependencies.lengthOf,
  });
  const snapshotOf = (slotId: SlotId): SlotSnapshot | undefined => core.slotSnapshot(slotId);
  const noticeWatch = telling.watch({ core, writeLater: (write) => journal.enqueue(write) });
  const progress = createProgress({
    core,
    redact: dependencies.redact,
    readLastWords: dependencies.readLastWords,
    writeLater: (write) => journal.enqueue(write),
  });
  const reports = createSessionReports({ core, redact: dependencies.redact });
  const turns = followTurns({
    core,
    dependencies,
    transcripts,
    reports,
    journal: () => journal,
    leftOpen: (task, slotId) => leftOpen(task, slotId),
    report,
  });
  const { questions, own, answering, permissions } = createAsking({
    core,
    dependencies,
    messages: () => team.operations.messages,
    goOn: (taskId) => waiting.letGoOn(taskId),
    journal: () => journal,
    signal: stopping.signal,
    report,
  });
  const attempts = createAttempts({
    core,
    behindHandOver: (slotId, taskId, words) => handOver.behind(slotId, taskId, words),
    writeLater: (write) => journal.enqueue(write),
  });
  const worktreeCare = createWorktreeCare({
    core,
    worktrees: dependencies.worktrees,
    dispatchSoon: () => dispatchSoon(),
    onError: report('a worktree could not be looked after'),
    signal: stopping.signal,
  });
  const holdsBack = (slotId: SlotId): boolean =>
    !mayBegin(slotId) || handOver.holds(slotId) || !hostEvents.isReached();
  const { dispatchSoon, give, forget } = createDispatching({
    core,
    workplaces: worktreeCare.workplaces,
    isPaused: holdsBack,
    attempts,
    report: report('tasks could not be dispatched'),
    signal: stopping.signal,
  });
  core.setView(
    createSlotViews({
      core,
      questions,
      workplaces: worktreeCare.workplaces,
      pauseOf,
      logFile: dependencies.logFile,
    }),
  );
  const doubts = createDoubts({
    core,
    keep: dependencies.keepDoubt,
    onError: report('the screen of an uncertain session could not be kept'),
  });
  const guardrails = createGuardrails({ core, writeLater: (write) => journal.enqueue(write) });
  const reactions = createReactions({
    core,
    questions,
    turns,
    reports,
    doubts,
    progress,
    guardrails,
    noticeWatch,
    forget,
    touch: (actor) => journal.touch(actor),
    dispatchSoon,
  });
  const journal = createJournal(
    database.db,
    recordersOf(core, reactions, database.db),
    report('the journal could not write'),
  );
  const governing = createGoverning({
    core,
    ledger: core.spending,
    budgets: dependencies.budgets,
    readUsage: dependencies.readUsage,
    transcriptsOf: dependencies.transcriptsOf,
    writeLater: journal.enqueue,
    written: journal.written,
    dispatchSoon,
    signal: stopping.signal,
    onError: report('what was spent could not be counted'),
  });
  const { deliver, expectedWords } = createDelivering({ core, dependencies, turns, transcripts, journal });

  const stuck = createStuck({
    core,
    turns,
    transcripts,
    expectedWords,
    lengthOf: dependencies.lengthOf,
    writeLater: journal.enqueue,
    written: journal.written,
    report,
    signal: stopping.signal,
  });
  const tasks = createTaskOperations({
    core,
    worktrees: dependencies.worktrees,
    dispatchSoon,
    signal: stopping.signal,
  });
  const handOver = createHandOver({
    core,
    ask: (slotId, prompt) => tasks.enqueue('message', { slotId, prompt }),
    mayBegin,
    give,
    redact: dependencies.redact,
    writeLater: journal.enqueue,
    onError: report('a context could not be handed over'),
    signal: stopping.signal,
  });
  const leftOpen = createLeftOpen({ core, own, handOver });
  const waiting = createWaitingTasks({ core, dispatchSoon });
  const { board, autopilot, releaseClaims } = createBoard({
    core,
    enqueue: tasks.enqueue,
    cancel: tasks.cancel,
    questions: () => [...questions.all(), ...own.all()],
    mayBegin: () => !finishing,
    report: report('the autopilot could not go on'),
  });
  const swarms = createSwarms({ core, db: database.db, tasks, report, stopping: stopping.signal });
  const learning = createLearning({
    core,
    dependencies,
    enqueue: tasks.enqueue,
    mayBegin: () => !finishing,
    journal,
    report,
    signal: stopping.signal,
  });
  const machine = provideMachines({
    core,
    launcher,
    deliver,
    recover: createRecovery({
      core,
      attempts,
      turns,
      writeLater: journal.enqueue,
      written: journal.written,
      stopping: stopping.signal,
    }),
    verify: createVerification({
      core,
      runCommand: dependencies.runCheck,
      redact: dependencies.redact,
      enqueue: createSubmission(core, dispatchSoon).enqueue,
      dispatchSoon,
      written: journal.written,
      stopping: stopping.signal,
    }),
    questions,
    turns,
    stuck,
    handOver,
    worktrees: worktreeCare.keeping,
    waiting,
    autopilot,
    dispatchSoon,
    writeLater: journal.enqueue,
    report,
  });
  const hostEvents = createHostEvents({
    core,
    turns,
    launcher,
    connectHost: dependencies.connectHost,
    writeLater: journal.enqueue,
    report,
    dispatchSoon,
    signal: stopping.signal,
  });

  const team = createTeam({
    removeWorktree: worktreeCare.operations.removeWorktree,
    core,
    dependencies,
    questions,
    withdrawQuestions: own.withdrawAll,
    turns,
    releaseClaims,
    dispatchSoon,
    transcripts,
    enqueue: tasks.enqueue,
    give,
    holdsBack: (slotId) => holdsBack(slotId) || worktreeCare.workplaces.heldFor(slotId) !== null,
    report,
    writeLater: journal.enqueue,
    written: journal.written,
    signal: stopping.signal,
  });

  const watching = createWatching({ core, tasks, dependencies, signal: stopping.signal });
  const root = createActor(machine, {
    snapshot: restoreRoot(core, machine),
    inspect(event) {
      journal.inspect(event);
      dependencies.inspect?.(event);
    },
  });
  core.setRoot(root);
  root.subscribe({ error: report('the root actor failed') });

  const { start, close } = createStartAndStop({
    core,
    threads: [...learning.threads, { start() {}, close: dependencies.screenshots.close }],
    database,
    root,
    journal,
    launcher,
    questions,
    telling,
    hostEvents,
    watches: [waiting, autopilot, swarms, ...learning.watches, ...team.watches, own, watching],
    disposables: [turns, progress, noticeWatch],
    outlived: dependencies.outlived,
    dispatchSoon,
    report,
    stopping,
  });
  const receiveHook = createHookDoor({
    core,
    questions,
    permissions,
    dependencies,
    turns,
    reports,
    progress,
    stuck,
    guardrails,
    give: learning.give,
    mail: team.mail,
    overlaps: team.overlaps,
    writeLater: journal.enqueue,
  });
  return {
    ...tasks,
    confirm: answering.confirm,
    ownQuestions: own.operations,
    handOver: handOver.offer,
    ...createTerminalOperations({
      core,
      snapshotOf,
      dependencies,
      tasks,
      signal: stopping.signal,
    }),
    ...createBudgetOperations(core, governing),
    board,
    swarms: swarms.operations,
    ...learning.operations,
    ...team.operations,
    questions: () => [...questions.all(), ...own.all()],
    runtimeSlots: team.runtimeSlots,
    ...worktreeCare.operations,
    permissions,
    ...watching.operations,
    start,
    receiveHook(slotId, epoch, body, signal) {
      const reply = watching.hookTimed(receiveHook(slotId, epoch, body, signal));
      governing.hookHeard(slotId);
      return reply;
    },
    receiveStatusLine: createStatusLines({
      core,
      governing,
      read: dependencies.statusLineRow,
      writeLater: journal.enqueue,
    }),
    slotTokenFits: (slotId, token) => {
      const runtime = core.runtimes.get(slotId);
      return runtime !== undefined && tokenFits(runtime, token);
    },
    subscribe: (listener, since) => core.bus.subscribe(listener, since),
    lastSequence: () => core.bus.lastSequence(),
    async finish(signal) {
      finishing = true;
      await untilEvent(core.bus, () => core.occupied.size === 0, signal);
    },
    close,
  };
}
