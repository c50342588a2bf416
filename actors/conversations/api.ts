import type { IngestProgress } from '../../services/conversations/ingest-progress.ts';
import type { ConversationFilter } from '../../services/ledger/conversation-ledger.ts';
import type { MessageFilter } from '../../services/ledger/message-filter.ts';
import type { TokenFilter, TokenGroup } from '../../services/ledger/token-ledger.ts';
import type {
  ConversationEventView,
  ConversationView,
  MessageView,
  SearchResultView,
  TokenStatView,
} from './views.ts';

export interface SearchRequest extends MessageFilter {
  readonly query: string;
  readonly limit: number;
  /** How many messages before and after each hit. */
  readonly context: number;
  readonly cursor?: string | undefined;
}

/**
 * What was said to Claude Code and by it, in every session of the person and of the slots, as the transcripts have it.
 * Conversations are named by their ids, or by unique beginnings of them.
 */
export interface Conversations {
  list(
    filter: ConversationFilter,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): { readonly conversations: readonly ConversationView[]; readonly next?: string };
  /**
   * Messages of a conversation; one alone is shown with all that is kept of its parts.
   * @throws MissionError `conversation_unknown`
   */
  get(
    sessionId: string,
    options: {
      readonly tail: number;
      readonly sinceId?: number | undefined;
      readonly includeRaw: boolean;
      readonly messageId?: number | undefined;
      /** Of that message, only this part whole. */
      readonly part?: number | undefined;
    },
  ): {
    readonly conversation: ConversationView;
    readonly messages: readonly MessageView[];
    readonly subagents: readonly ConversationView[];
  };
  /** The best of the newest hits first. @throws MissionError `input_invalid` when there is nothing to look for */
  search(request: SearchRequest): { readonly results: readonly SearchResultView[]; readonly next?: string };
  /** @throws MissionError `conversation_unknown` */
  events(
    sessionId: string,
    filter: { readonly type?: string | undefined; readonly limit: number },
  ): readonly ConversationEventView[];
  /** How many lines of which type all transcripts have. */
  lineTypes(): {
    readonly summary: readonly { readonly eventType: string; readonly count: number }[];
    readonly brokenLines: number;
  };
  /** Heard whenever something of any transcript was read. @returns what ends it */
  onRead(listener: () => void): () => void;
  /** What a subagent did. @throws MissionError `conversation_unknown` */
  trajectory(
    toolUseId: string,
    limit: number,
  ): { readonly conversation: ConversationView; readonly messages: readonly MessageView[] };
  /** The groups with most output first; days in their order. */
  tokens(filter: TokenFilter, group: TokenGroup | null): readonly TokenStatView[];
  /** How far the transcripts have been read. */
  progress(): IngestProgress;
  /** Looks at once whether there is anything new to read. */
  look(): IngestProgress;
}
