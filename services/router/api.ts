import type { MissionError } from '../errors/mission-error.ts';

export interface ChatMessage {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: string;
}

/** What is heard of an answer while it is made: its next words, or that another backend begins anew. */
export type Said = { readonly type: 'words'; readonly text: string } | { readonly type: 'anew' };

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** The first one of the first backend in order, unless it is named. */
  readonly model?: string | undefined;
  /** Tokens of the answer; never more than the model gives. */
  readonly maxTokens?: number | undefined;
  readonly signal: AbortSignal;
  /** Called with every piece of the answer. Put together from where it last began, they are the answer. */
  readonly heard?: ((said: Said) => void) | undefined;
}

export interface RouterUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The backend did not tell: four letters were taken for a token. */
  readonly estimated?: true;
}

export interface ChatReply {
  readonly text: string;
  readonly model: string;
  readonly backend: string;
  readonly usage: RouterUsage;
  /** Null for a model without a price. */
  readonly costUsd: number | null;
  /** `cut`: the model had more to say than it was given tokens for. */
  readonly finish: 'done' | 'cut';
}

export interface EmbedReply {
  /** One for each text, in their order. */
  readonly vectors: readonly Float32Array[];
  readonly model: string;
  readonly dimensions: number;
}

/** How one backend stands. No secret is in it. */
export interface BackendStanding {
  readonly name: string;
  readonly type: 'anthropic' | 'openai';
  readonly baseUrl: string;
  /** Empty: it takes any. */
  readonly models: readonly string[];
  readonly embeddingModel?: string;
  /** Requests under way. */
  readonly running: number;
  /** Why it cannot be asked. */
  readonly problem?: string;
}

export interface RouterStanding {
  /** In the order in which they are asked. */
  readonly backends: readonly BackendStanding[];
  /** What is wrong with the files. Where they cannot be read, what was read last stays in force. */
  readonly problem?: string;
  /** The local day that the money is of. */
  readonly day: string;
  /** What was spent today, with what may come of calls under way. */
  readonly spentUsd: number;
  /** Calls over which a daemon was killed. They count with the most that they may have cost. */
  readonly unknown?: { readonly calls: number; readonly usd: number };
  readonly dailyBudgetUsd?: number;
}

/**
 * Asks language models that are no Claude Code: the first backend in order that has the model, the next ones when it
 * fails. Every call is paid for out of one daily budget.
 */
export interface Router {
  /**
   * @throws MissionError `router_not_configured`, `router_model_unknown`, `router_budget_spent`, `router_refused`,
   * `router_unavailable` with what each backend said, `cancelled`
   */
  chat(request: ChatRequest): Promise<ChatReply>;
  /** @throws MissionError as `chat` */
  embed(texts: readonly string[], signal: AbortSignal): Promise<EmbedReply>;
  /** What can be asked now, without asking anybody: whether there is a backend for it, and money left. */
  available(): { readonly chat: boolean; readonly embeddings: boolean; readonly why?: MissionError };
  standing(): RouterStanding;
}
