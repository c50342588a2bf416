import type { BoardTaskId } from '../../db/ids.ts';
import type { ChatMessage, ChatReply, RouterStanding, Said } from '../../services/router/api.ts';

export interface RouterChatRequest {
  readonly messages: readonly ChatMessage[];
  /** A board task, by its id or the unique beginning of it: what was said about it before goes along, and this is kept. */
  readonly taskId?: string | undefined;
  readonly context: 'none' | 'board' | 'kb' | 'both';
  readonly model?: string | undefined;
  readonly maxTokens?: number | undefined;
}

export interface RouterChatOptions {
  readonly by: string;
  readonly signal: AbortSignal;
  /** Called with every piece of the answer. Put together from where it last began, they are the answer. */
  readonly heard?: (said: Said) => void;
}

export interface ContextShare {
  readonly usedCharacters: number;
  readonly mostCharacters: number;
  /** Turns of the conversation, cards and entries that found no room. */
  readonly omitted: number;
}

export interface RouterChatResult extends ChatReply {
  readonly conversationId?: string;
  readonly context?: ContextShare;
}

/** One message of a conversation about a board task. */
export interface RouterHistoryMessage extends ChatMessage {
  readonly turn: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of what was asked; `unanswered`: a daemon ended over it, and it was not asked again. */
  readonly status?: 'answered' | 'failed' | 'cancelled' | 'running' | 'unanswered';
  readonly error?: string;
  readonly by?: string;
  /** Of what was answered. */
  readonly model?: string;
  readonly backend?: string;
}

export interface RouterHistory {
  readonly taskId: BoardTaskId;
  readonly conversationId: string;
  readonly messages: readonly RouterHistoryMessage[];
  /** Questions that are older than the first one here, for which there was no room. */
  readonly omitted: number;
}

/** Language models that are no Claude Code. Methods throw MissionError. */
export interface RouterOperations {
  standing(): RouterStanding;
  chat(request: RouterChatRequest, options: RouterChatOptions): Promise<RouterChatResult>;
  /**
   * What was said about a board task, the newest that has room; it changes nothing.
   * @param before only what was asked before this turn
   * @throws MissionError `board_task_unknown`
   */
  history(taskId: string, before: number | null): RouterHistory;
}
