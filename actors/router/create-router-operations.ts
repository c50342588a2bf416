import { BoardTaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import { createAddressVeil } from '../../services/knowledge/hide-addresses.ts';
import { createKnowledgeLedger } from '../../services/ledger/knowledge-ledger.ts';
import { createKnowledgeSearch } from '../../services/ledger/knowledge-search.ts';
import { createRouterChatLedger } from '../../services/ledger/router-chat-ledger.ts';
import type { ChatMessage, Router } from '../../services/router/api.ts';
import { findBoardTask } from '../board/find-board-task.ts';
import type { MissionCore } from '../core.ts';
import type { RouterOperations } from './api.ts';
import { createChatContext } from './chat-context.ts';
import { createTaskConversation } from './task-conversation.ts';
import { unveilSaid } from './unveil-said.ts';

export interface RouterOperationsDependencies {
  readonly core: Pick<MissionCore, 'board' | 'now'>;
  readonly db: MissionDatabase;
  readonly router: Router;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Language models that are no Claude Code: asked, and what was said about board tasks kept. */
export function createRouterOperations({
  core,
  db,
  router,
  signal: stopping,
}: RouterOperationsDependencies): RouterOperations {
  const turns = createRouterChatLedger(db);
  const conversation = createTaskConversation(turns);
  const contextOf = createChatContext({
    board: core.board,
    ledger: createKnowledgeLedger(db),
    search: createKnowledgeSearch(db),
    now: core.now,
  });
  /** Turns that this daemon waits for. */
  const running = new Set<number>();

  const conversationOf = (taskId: BoardTaskId): string => `router:${taskId}`;

  /** A card that was removed leaves its conversation behind. */
  function conversedOf(idOrPrefix: string): BoardTaskId {
    const whole = BoardTaskId.safeParse(idOrPrefix);
    if (whole.success && turns.has(whole.data)) return whole.data;
    return findBoardTask(core.board, idOrPrefix).id;
  }

  return {
    standing: router.standing,

    async chat({ messages, taskId, context, model, maxTokens }, { by, signal, heard }) {
      const question = messages.at(-1);
      if (question?.role !== 'user')
        throw new MissionError('input_invalid', 'The last message is no question of yours.', {
          remedy: 'End `messages` with one of the role user.',
        });
      const task = taskId === undefined ? null : findBoardTask(core.board, taskId);
      const before = task === null ? { messages: [], omitted: 0 } : conversation.saidBefore(task.id);
      const beside = contextOf(context, question.content, task);
      const turn =
        task === null
          ? null
          : turns.begin({ boardTaskId: task.id, messages, contextKind: context, by, startedAt: core.now() });
      if (turn !== null) running.add(turn);
      const end = (told: Parameters<typeof turns.end>[1]): void => {
        if (turn !== null) turns.end(turn, told);
      };
      try {
        const veil = createAddressVeil();
        const shown = (said: readonly ChatMessage[]): readonly ChatMessage[] =>
          beside === null ? said : said.map(({ role, content }) => ({ role, content: veil.hide(content) }));
        const told = heard === undefined ? undefined : unveilSaid(veil, heard);
        const veiled = await router.chat({
          messages: shown([
            ...(beside === null ? [] : [{ role: 'system' as const, content: beside.text }]),
            ...before.messages,
            ...messages,
          ]),
          model,
          maxTokens,
          signal: AbortSignal.any([signal, stopping]),
          heard: told?.heard,
        });
        told?.rest();
        const reply = { ...veiled, text: veil.reveal(veiled.text) };
        end({
          endedAt: core.now(),
          outcome: 'answered',
          answer: reply.text,
          fromBackend: reply.backend,
          model: reply.model,
          inputTokens: reply.usage.inputTokens,
          outputTokens: reply.usage.outputTokens,
          costUsd: reply.costUsd,
        });
        const omitted = before.omitted + (beside?.share.omitted ?? 0);
        return {
          ...reply,
          ...(task === null ? {} : { conversationId: conversationOf(task.id) }),
          ...(beside !== null
            ? { context: { ...beside.share, omitted } }
            : before.omitted === 0
              ? {}
              : { context: { usedCharacters: 0, mostCharacters: 0, omitted } }),
        };
      } catch (error) {
        const { code, message } = toFailure(error);
        end({ endedAt: core.now(), outcome: code === 'cancelled' ? 'cancelled' : 'failed', error: message });
        throw error;
      } finally {
        if (turn !== null) running.delete(turn);
      }
    },

    history(idOrPrefix, before) {
      const taskId = conversedOf(idOrPrefix);
      return {
        taskId,
        conversationId: conversationOf(taskId),
        ...conversation.page(taskId, before, running),
      };
    },
  };
}
