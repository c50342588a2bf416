import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Mission } from '../../actors/mission/api.ts';
import type { QuestionView } from '../../actors/mission/views.ts';
import type { QuestionId, TaskId } from '../../db/ids.ts';
import { revealLetters } from '../../services/terminal/reveal-letters.ts';

/** The longest wait that a timer can have: the question's own end aborts it before. */
const AS_LONG_AS_IT_TAKES_MS = 2 ** 31 - 1;

/** Which tasks some session of this daemon follows. One for all sessions. */
export interface FollowedTasks {
  add(taskId: TaskId): void;
  delete(taskId: TaskId): void;
  has(taskId: TaskId): boolean;
}

export interface Elicitor {
  /** The client has said what it can do. Where it can ask its person, it is asked what tasks of its name ask that nobody follows. */
  begin(): void;
  /** The session has handed in this task: what it asks is put to whoever sits before the client. */
  follow(taskId: TaskId): void;
  close(): void;
}

/** Nothing of it is cut off: nobody should approve what they have not seen. */
function messageOf({ slotId, question, tool, argument, rule }: QuestionView): string {
  const call = tool === undefined ? '' : `\n\n${tool} ${argument ?? ''}`;
  return revealLetters(
    `${slotId}: ${question}${call}${rule === undefined ? '' : `\n\nAsked because of: ${rule}`}`,
  );
}

/** An agent that asks by itself takes any words. */
function answerOf({ options, answerBy }: QuestionView) {
  const isOpen = answerBy === 'words';
  const labels = options.map((label, index) => `${index + 1}. ${label}`).join(' ');
  return isOpen
    ? { type: 'string' as const, title: 'Answer', ...(labels === '' ? {} : { description: labels }) }
    : { type: 'string' as const, title: 'Answer', enum: [...options] };
}

/**
 * Puts the questions of a session's own tasks before the person who sits at its client (MCP elicitation), where the
 * client can do that. What the person chooses is a person's answer; declining leaves the question to the others. When
 * somebody else answers first, the client is told by the cancellation.
 */
export function createElicitor(options: {
  readonly mission: Pick<Mission, 'subscribe' | 'confirm' | 'questions' | 'task'>;
  readonly server: Server;
  readonly followed: FollowedTasks;
  /** For the record; tasks of the client have it as their submitter. */
  readonly name: () => string;
  readonly onError: (error: unknown) => void;
}): Elicitor {
  const { mission, server, followed, name, onError } = options;
  const tasks = new Set<TaskId>();
  const asked = new Map<QuestionId, AbortController>();
  let stop: (() => void) | undefined;

  async function elicit(question: QuestionView): Promise<void> {
    const over = new AbortController();
    asked.set(question.id, over);
    try {
      const { action, content } = await server.elicitInput(
        {
          message: messageOf(question),
          requestedSchema: {
            type: 'object',
            properties: { answer: answerOf(question) },
            required: ['answer'],
          },
        },
        { signal: over.signal, timeout: AS_LONG_AS_IT_TAKES_MS },
      );
      const answer = content?.['answer'];
      if (action !== 'accept' || typeof answer !== 'string') return;
      await mission.confirm(
        { questionId: question.id, response: answer },
        { name: `elicitation:${name()}`, isPerson: true, mayWiden: true },
      );
    } catch (error) {
      if (!over.signal.aborted) onError(error);
    } finally {
      asked.delete(question.id);
    }
  }

  /** Handed in by a session that is no more, before a restart perhaps, of a client with this name. */
  const isLeftBehind = (taskId: TaskId): boolean =>
    !followed.has(taskId) && mission.task(taskId).submitter === name();

  function ask(question: QuestionView): void {
    const { taskId, id, options: labels, answerBy } = question;
    if (taskId === undefined || asked.has(id) || (labels.length === 0 && answerBy !== 'words')) return;
    if (tasks.has(taskId) || isLeftBehind(taskId)) elicit(question).catch(onError);
  }

  function forget(taskId: TaskId): void {
    if (tasks.delete(taskId)) followed.delete(taskId);
  }

  const canAsk = (): boolean => server.getClientCapabilities()?.elicitation?.form !== undefined;

  return {
    begin() {
      if (!canAsk() || stop !== undefined) return;
      // Clients of the SDK (1.32.2) take no cancellation of a request whose id is 0: this one takes that id.
      server.ping().catch(() => {});
      stop = mission.subscribe((event) => {
        if (event.type === 'question_asked') ask(event.question);
        if (event.type === 'question_closed')
          asked.get(event.question.id)?.abort(`answered "${event.answer}" by ${event.answeredBy}`);
        if (event.type === 'task_changed' && event.task.finishedAt !== undefined) forget(event.task.id);
      });
      for (const question of mission.questions()) ask(question);
    },
    follow(taskId) {
      if (!canAsk()) return;
      tasks.add(taskId);
      followed.add(taskId);
      // It may have asked while it was being submitted.
      for (const question of mission.questions()) ask(question);
    },
    close() {
      stop?.();
      for (const taskId of tasks) forget(taskId);
      for (const over of asked.values()) over.abort('the session was closed');
    },
  };
}
