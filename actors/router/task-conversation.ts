import type { BoardTaskId } from '../../db/ids.ts';
import type { RouterChatLedger, RouterTurnRow } from '../../services/ledger/router-chat-ledger.ts';
import type { ChatMessage } from '../../services/router/api.ts';
import { estimateTokens } from '../../services/router/estimate-tokens.ts';
import type { RouterHistoryMessage } from './api.ts';

/**
 * Tokens, by their estimate, of what was said before that go along with a question. More would leave no room for it in
 * the window of a usual model, and then nothing about that task could be asked any more.
 */
const MOST_SAID_BEFORE = 60_000;
/** Of one page of a history; what is older is asked for. */
const MOST_SHOWN_CHARACTERS = 1_000_000;

type Turns = Pick<RouterChatLedger, 'before' | 'countBefore'>;

function* newestFirst(
  turns: Turns,
  task: BoardTaskId,
  start: number | null,
  only: 'answered' | 'any',
): Generator<RouterTurnRow> {
  let turn = turns.before(task, start, only);
  while (turn !== undefined) {
    yield turn;
    turn = turns.before(task, turn.id, only);
  }
}

const saidIn = ({ messages, answer }: RouterTurnRow): readonly ChatMessage[] => [
  ...messages,
  ...(answer === null ? [] : [{ role: 'assistant' as const, content: answer }]),
];

function shown(turn: RouterTurnRow, isRunning: boolean): readonly RouterHistoryMessage[] {
  const { id, messages, startedAt, endedAt, by, answer, error, model, fromBackend, outcome } = turn;
  const status = outcome ?? (isRunning ? 'running' : 'unanswered');
  const asked = messages.map(
    ({ role, content }): RouterHistoryMessage => ({
      role,
      content,
      turn: id,
      at: startedAt,
      by,
      status,
      ...(error === null ? {} : { error }),
    }),
  );
  if (answer === null) return asked;
  return [
    ...asked,
    {
      role: 'assistant',
      content: answer,
      turn: id,
      at: endedAt ?? startedAt,
      ...(model === null ? {} : { model }),
      ...(fromBackend === null ? {} : { backend: fromBackend }),
    },
  ];
}

/** What was said about a board task, the newest that has room. */
export function createTaskConversation(turns: Turns) {
  return {
    /** What was answered before, the oldest first; what was not is not asked again. */
    saidBefore(task: BoardTaskId): { readonly messages: readonly ChatMessage[]; readonly omitted: number } {
      const kept: (readonly ChatMessage[])[] = [];
      let used = 0;
      for (const turn of newestFirst(turns, task, null, 'answered')) {
        // An answer of no words cannot be sent again.
        if (turn.answer?.trim() === '') continue;
        const said = saidIn(turn);
        used += estimateTokens(said.map(({ content }) => content));
        if (used > MOST_SAID_BEFORE)
          return { messages: kept.flat(), omitted: 1 + turns.countBefore(task, turn.id, 'answered') };
        kept.unshift(said);
      }
      return { messages: kept.flat(), omitted: 0 };
    },

    /** One turn at least. @param running those that are waited for */
    page(
      task: BoardTaskId,
      before: number | null,
      running: ReadonlySet<number>,
    ): { readonly messages: readonly RouterHistoryMessage[]; readonly omitted: number } {
      const kept: (readonly RouterHistoryMessage[])[] = [];
      let used = 0;
      for (const turn of newestFirst(turns, task, before, 'any')) {
        used += saidIn(turn).reduce((sum, { content }) => sum + content.length, 0);
        if (used > MOST_SHOWN_CHARACTERS && kept.length > 0)
          return { messages: kept.flat(), omitted: 1 + turns.countBefore(task, turn.id, 'any') };
        kept.unshift(shown(turn, running.has(turn.id)));
      }
      return { messages: kept.flat(), omitted: 0 };
    },
  };
}
