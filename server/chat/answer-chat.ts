import type { FastifyBaseLogger } from 'fastify';
import type { Mission } from '../../actors/mission/api.ts';
import { PAGE_CHARACTERS } from '../../actors/mission/text-page.ts';
import type { TaskView } from '../../actors/mission/views.ts';
import type { TaskId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Answered, Answering } from './chat-replies.ts';
import { type ChatRequest, promptOf, whoAnswers } from './chat-request.ts';

/** Clients have shorter limits of their own, and cancel by going away; one that forgot the call is not waited for longer. */
const LONGEST_ANSWER_MS = 60 * 60_000;

export type ChatMission = Pick<Mission, 'ask' | 'task' | 'cancel' | 'slots'>;

export interface Asking {
  /** Once the request has become a task; rejects when it does not. */
  readonly begun: Promise<Answering>;
  readonly answered: Promise<Answered>;
}

/** The whole of a result that may have pages. */
function wholeResult(mission: ChatMission, task: TaskView): string {
  let text = task.result ?? '';
  let { nextOffset } = task;
  while (nextOffset !== undefined) {
    const page = mission.task(task.id, { offset: nextOffset, limit: PAGE_CHARACTERS });
    text += page.result ?? '';
    ({ nextOffset } = page);
  }
  return text;
}

/** Hands a conversation to a slot. Whoever goes away has its task cancelled: nobody would read the answer. */
export function askChat(
  mission: ChatMission,
  { model, messages }: ChatRequest,
  {
    submitter,
    signal,
    log,
  }: { readonly submitter: string; readonly signal: AbortSignal; readonly log: FastifyBaseLogger },
): Asking {
  let asked: Answering | undefined;
  let hasBegun = (_: Answering): void => {};
  const told = new Promise<Answering>((resolve) => {
    hasBegun = resolve;
  });

  function submitted(taskId: TaskId): () => void {
    asked = { taskId, model, createdAt: Date.now() };
    log.info({ taskId, model, submitter }, 'a chat completion has become a task');
    hasBegun(asked);
    return () => {};
  }

  async function answer(): Promise<Answered> {
    try {
      const request = { ...whoAnswers(model, mission.slots()), prompt: promptOf(messages), submitter };
      const { task } = await mission.ask(request, { timeoutMs: LONGEST_ANSWER_MS, signal, submitted });
      log.info({ taskId: task.id, ms: Date.now() - task.createdAt }, 'a chat completion was answered');
      return { text: wholeResult(mission, task), task: mission.task(task.id) };
    } catch (error) {
      const taskId = asked?.taskId;
      if (taskId === undefined) throw error;
      log.info({ taskId, error: String(error) }, 'a chat completion has no answer');
      if (signal.aborted) await mission.cancel(taskId);
      if (error instanceof MissionError) throw error;
      throw new MissionError('internal', 'missiond failed on this request.', {
        cause: error,
        facts: { taskId },
      });
    }
  }

  const answered = answer();
  // Whoever asked hears of it by what it waits for; it may have gone.
  answered.catch(() => {});
  return { begun: Promise.race([told, answered.then(() => told)]), answered };
}
