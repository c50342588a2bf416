import type { z } from 'zod';
import { missionHome } from '../../services/config/home.ts';
import type { Said } from '../../services/router/api.ts';
import { hearAnswer } from '../answer-events.ts';
import { ErrorBody, toldError } from '../error-body.ts';
import { exchange } from '../exchange.ts';
import {
  missionHibernate,
  missionRepair,
  missionWorkerRefresh,
  missionWorkerWake,
} from '../tools/agent-care.ts';
import {
  missionDone,
  missionWhoami,
  missionWorkerCreate,
  missionWorkerDiff,
  missionWorkerDiscard,
  missionWorkerGet,
  missionWorkerHistory,
  missionWorkerKeep,
  missionWorkerLand,
  missionWorkerList,
} from '../tools/agents.ts';
import { auditDetail, auditStats, auditTrace } from '../tools/audit.ts';
import {
  boardClaim,
  boardCreate,
  boardDelete,
  boardGet,
  boardList,
  boardNoteAdd,
  boardSummary,
  boardToggle,
  boardUpdate,
} from '../tools/board.ts';
import { missionResume, missionSpending } from '../tools/budgets.ts';
import { claudeInProgress, claudeOverview, claudeSessions, claudeTaskLists } from '../tools/claude-tasks.ts';
import {
  missionCleanup,
  overlapList,
  overlapLook,
  rescueDrop,
  rescueList,
  rescueShow,
} from '../tools/cleanup.ts';
import {
  agentTrajectory,
  conversationBackfill,
  conversationEvents,
  conversationGet,
  conversationList,
  conversationSearch,
  conversationStatus,
  tokenStats,
} from '../tools/conversations.ts';
import { missionTaskAck, missionTaskTrack } from '../tools/follow-tasks.ts';
import { missionHandOver } from '../tools/hand-over.ts';
import { health } from '../tools/health.ts';
import { infraGet, infraList, osDiagnose, reachability } from '../tools/infra.ts';
import { jarvisLogs, jarvisTrace } from '../tools/jarvis.ts';
import {
  kbBatchForget,
  kbForget,
  kbGc,
  kbGet,
  kbHistory,
  kbImport,
  kbList,
  kbRemember,
  kbSearch,
  kbUndo,
} from '../tools/knowledge.ts';
import { kbDiscover } from '../tools/knowledge-discovery.ts';
import { kbEmbedRetry } from '../tools/knowledge-embeddings.ts';
import { kbAnalyze, kbExecutePlan, kbQueueStatus } from '../tools/knowledge-plans.ts';
import { memoryDone, memoryPause, memoryPending, memoryRetry, memoryStatus } from '../tools/memory.ts';
import { mergeCancel, mergeOne, mergeQueue, mergeRequest, review } from '../tools/merging.ts';
import { messageAck, messageList, messageRead, messageSend } from '../tools/messages.ts';
import type { TypedOperation } from '../tools/operation.ts';
import {
  missionQuestionAnswer,
  missionQuestionAsk,
  missionQuestionCreate,
  missionQuestionDismiss,
  missionQuestionGet,
} from '../tools/own-questions.ts';
import { missionPause, missionWake } from '../tools/pauses.ts';
import {
  permissionAddAutoAllow,
  permissionExplain,
  permissionGet,
  permissionReload,
  permissionSetRole,
  permissionSetSlot,
} from '../tools/permissions.ts';
import { ptyConfirm, questionList } from '../tools/questions.ts';
import {
  repositoryAdd,
  repositoryConfig,
  repositoryGet,
  repositoryList,
  repositoryRemove,
  repositoryUse,
} from '../tools/repositories.ts';
import { roleGet, roleList, roleReset, roleTrust } from '../tools/roles.ts';
import { routerChat, routerChatHistory, routerStatus } from '../tools/router.ts';
import { ptyScreenshot } from '../tools/screenshots.ts';
import { contextBuild, contextResolve } from '../tools/skill-context.ts';
import {
  skillList,
  skillRecord,
  skillRender,
  skillRollback,
  skillSearch,
  skillTopics,
  skillUpsert,
} from '../tools/skills.ts';
import { slotHistory } from '../tools/slot-history.ts';
import { missionAgents, missionKill, missionRestart, missionSlots, missionSpawn } from '../tools/slots.ts';
import { triggerSwarm } from '../tools/swarm.ts';
import {
  missionAsk,
  missionCancel,
  missionInbox,
  missionStatus,
  missionSubmit,
  missionTask,
} from '../tools/tasks.ts';
import {
  ptyHistory,
  ptyInterrupt,
  ptyKill,
  ptyLogs,
  ptyScreen,
  ptySend,
  ptySpawn,
  ptyStatus,
} from '../tools/terminals.ts';
import { missionWorktreeList, missionWorktreeRemove } from '../tools/worktrees.ts';
import { addressOf, type DaemonAddress, unreachable } from './daemon-address.ts';
import { type EventOptions, readEvents } from './read-events.ts';

interface CallOptions {
  readonly signal?: AbortSignal;
}

/** What is heard of an answer: words, that they count for nothing since another backend begins anew, and last all of it. */
export type Heard<Answer> = Said | { readonly type: 'done'; readonly answer: Answer };

/**
 * The daemon of a home (default: the usual one), or the one at an address with its token. Nothing is opened: each call
 * looks up where the daemon of that home is now, so a client outlives it. Every operation is a method that rejects with
 * MissionError: its code as the daemon said it, `daemon_unreachable` when none answers or none runs in that home, or as
 * its signal was aborted.
 */
export function connectMission(where: { readonly home?: string } | DaemonAddress = {}) {
  const locate = (): DaemonAddress =>
    'url' in where ? where : addressOf(where.home ?? missionHome(process.env));

  async function perform<Input extends z.ZodObject, Output extends z.ZodType>(
    operation: TypedOperation<Input, Output>,
    input: z.input<Input>,
    options: CallOptions,
  ): Promise<z.output<Output>> {
    const address = locate();
    const reply = await exchange({
      at: address,
      method: 'POST',
      path: `/api/tools/${operation.name}`,
      headers: { authorization: `Bearer ${address.token}` },
      body: input,
      signal: options.signal,
    }).catch((cause: unknown) => {
      throw options.signal?.aborted === true ? options.signal.reason : unreachable(address, cause);
    });
    const body: unknown = JSON.parse(reply.body);
    if (reply.status < 400) return operation.output.parse(body);
    throw toldError(ErrorBody.parse(body));
  }

  const method =
    <Input extends z.ZodObject, Output extends z.ZodType>(operation: TypedOperation<Input, Output>) =>
    (input: z.input<Input>, options: CallOptions = {}): Promise<z.output<Output>> =>
      perform(operation, input, options);

  async function* hear<Input extends z.ZodObject, Output extends z.ZodType>(
    operation: TypedOperation<Input, Output>,
    input: z.input<Input>,
    { signal }: CallOptions,
  ): AsyncGenerator<Heard<z.output<Output>>, void, undefined> {
    const address = locate();
    const events = hearAnswer(
      {
        at: address,
        method: 'POST',
        path: `/api/tools/${operation.name}`,
        headers: { authorization: `Bearer ${address.token}` },
        body: input,
        signal,
      },
      (cause) => (signal?.aborted === true ? signal.reason : unreachable(address, cause)),
    );
    for await (const event of events) {
      if (event.event === 'delta') yield { type: 'words', text: event.data.text };
      else if (event.event === 'restart') yield { type: 'anew' };
      else yield { type: 'done', answer: operation.output.parse(event.data) };
    }
  }

  return {
    submit: method(missionSubmit),
    ask: method(missionAsk),
    status: method(missionStatus),
    tasks: method(missionTask),
    taskAck: method(missionTaskAck),
    taskTrack: method(missionTaskTrack),
    cancel: method(missionCancel),
    inbox: method(missionInbox),
    slots: method(missionSlots),
    agents: method(missionAgents),
    spawn: method(missionSpawn),
    kill: method(missionKill),
    restart: method(missionRestart),
    spending: method(missionSpending),
    resume: method(missionResume),
    boardList: method(boardList),
    boardCreate: method(boardCreate),
    boardUpdate: method(boardUpdate),
    boardGet: method(boardGet),
    boardDelete: method(boardDelete),
    boardToggle: method(boardToggle),
    boardClaim: method(boardClaim),
    boardNoteAdd: method(boardNoteAdd),
    boardSummary: method(boardSummary),
    kbRemember: method(kbRemember),
    kbForget: method(kbForget),
    kbBatchForget: method(kbBatchForget),
    kbSearch: method(kbSearch),
    kbGet: method(kbGet),
    kbList: method(kbList),
    kbHistory: method(kbHistory),
    kbUndo: method(kbUndo),
    kbGc: method(kbGc),
    kbImport: method(kbImport),
    kbAnalyze: method(kbAnalyze),
    kbDiscover: method(kbDiscover),
    infraList: method(infraList),
    infraGet: method(infraGet),
    reachability: method(reachability),
    osDiagnose: method(osDiagnose),
    skillList: method(skillList),
    skillSearch: method(skillSearch),
    skillTopics: method(skillTopics),
    contextBuild: method(contextBuild),
    contextResolve: method(contextResolve),
    skillRender: method(skillRender),
    skillUpsert: method(skillUpsert),
    skillRecord: method(skillRecord),
    skillRollback: method(skillRollback),
    health: method(health),
    jarvisLogs: method(jarvisLogs),
    jarvisTrace: method(jarvisTrace),
    kbQueueStatus: method(kbQueueStatus),
    kbExecutePlan: method(kbExecutePlan),
    kbEmbedRetry: method(kbEmbedRetry),
    routerStatus: method(routerStatus),
    routerChat: method(routerChat),
    /** The answer while it is made. Who reads no further ends the call: what was used by then is paid for. */
    routerChatHeard: (input: z.input<typeof routerChat.input>, options: CallOptions = {}) =>
      hear(routerChat, input, options),
    routerChatHistory: method(routerChatHistory),
    memoryPending: method(memoryPending),
    memoryPause: method(memoryPause),
    memoryDone: method(memoryDone),
    memoryStatus: method(memoryStatus),
    memoryRetry: method(memoryRetry),
    pause: method(missionPause),
    wake: method(missionWake),
    messageSend: method(messageSend),
    messageList: method(messageList),
    messageRead: method(messageRead),
    messageAck: method(messageAck),
    slotHistory: method(slotHistory),
    repoAdd: method(repositoryAdd),
    repoList: method(repositoryList),
    repoGet: method(repositoryGet),
    repoUse: method(repositoryUse),
    repoConfig: method(repositoryConfig),
    repoRemove: method(repositoryRemove),
    workers: method(missionWorkerList),
    worker: method(missionWorkerGet),
    overlaps: method(overlapList),
    overlapLook: method(overlapLook),
    cleanup: method(missionCleanup),
    rescueList: method(rescueList),
    rescueShow: method(rescueShow),
    rescueDrop: method(rescueDrop),
    roles: method(roleList),
    role: method(roleGet),
    roleTrust: method(roleTrust),
    roleReset: method(roleReset),
    merge: method(mergeOne),
    mergeRequest: method(mergeRequest),
    mergeQueue: method(mergeQueue),
    mergeCancel: method(mergeCancel),
    review: method(review),
    workerCreate: method(missionWorkerCreate),
    workerHistory: method(missionWorkerHistory),
    workerDiff: method(missionWorkerDiff),
    workerKeep: method(missionWorkerKeep),
    workerDiscard: method(missionWorkerDiscard),
    workerLand: method(missionWorkerLand),
    done: method(missionDone),
    questionAsk: method(missionQuestionAsk),
    questionAnswer: method(missionQuestionAnswer),
    questionCreate: method(missionQuestionCreate),
    questionDismiss: method(missionQuestionDismiss),
    question: method(missionQuestionGet),
    handOver: method(missionHandOver),
    whoami: method(missionWhoami),
    hibernate: method(missionHibernate),
    workerWake: method(missionWorkerWake),
    workerRefresh: method(missionWorkerRefresh),
    repair: method(missionRepair),
    worktrees: method(missionWorktreeList),
    worktreeRemove: method(missionWorktreeRemove),
    permissionGet: method(permissionGet),
    permissionSetRole: method(permissionSetRole),
    permissionSetSlot: method(permissionSetSlot),
    permissionAddAutoAllow: method(permissionAddAutoAllow),
    permissionReload: method(permissionReload),
    permissionExplain: method(permissionExplain),
    auditTrace: method(auditTrace),
    auditDetail: method(auditDetail),
    auditStats: method(auditStats),
    conversationList: method(conversationList),
    conversationGet: method(conversationGet),
    conversationSearch: method(conversationSearch),
    conversationEvents: method(conversationEvents),
    agentTrajectory: method(agentTrajectory),
    tokenStats: method(tokenStats),
    conversationStatus: method(conversationStatus),
    conversationBackfill: method(conversationBackfill),
    ccTriggerSwarm: method(triggerSwarm),
    ccSessions: method(claudeSessions),
    ccTasks: method(claudeTaskLists),
    ccOverview: method(claudeOverview),
    ccInProgress: method(claudeInProgress),
    ptySpawn: method(ptySpawn),
    ptySend: method(ptySend),
    ptyScreen: method(ptyScreen),
    ptyScreenshot: method(ptyScreenshot),
    questions: method(questionList),
    ptyConfirm: method(ptyConfirm),
    ptyInterrupt: method(ptyInterrupt),
    ptyKill: method(ptyKill),
    ptyStatus: method(ptyStatus),
    ptyHistory: method(ptyHistory),
    ptyLogs: method(ptyLogs),

    /**
     * Every change from now on, or after `since`. Ends when the signal aborts or the daemon goes away; throws
     * MissionError when it cannot begin.
     */
    events: (options: EventOptions = {}) => readEvents(locate, options),
  };
}

export type MissionClient = ReturnType<typeof connectMission>;
