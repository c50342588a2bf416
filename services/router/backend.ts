import { z } from 'zod';
import type { ChatMessage } from './api.ts';

/** What a backend is asked. */
export interface BackendChat {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  readonly onText: (text: string) => void;
}

/** What it has told of what it used, as far as it came. */
export interface BackendUsage {
  inputTokens?: number;
  outputTokens?: number;
}

/** A count of tokens, as a backend tells it; what is none was not told. */
export const TokenCount = z.int().nonnegative().optional().catch(undefined);

export type BackendFinish = 'done' | 'cut' | 'refused';

/** One API, behind its official SDK. Methods reject with what the SDK throws. */
export interface Backend {
  /** Calls `onText` piece by piece; `usage` is filled as it is told, also when the call fails in the middle. */
  chat(request: BackendChat, usage: BackendUsage): Promise<BackendFinish>;
  embed(
    model: string,
    texts: readonly string[],
    signal: AbortSignal,
    usage: BackendUsage,
  ): Promise<readonly (readonly number[])[]>;
}

/** What every backend is built from. */
export interface BackendConnection {
  readonly baseUrl: string;
  readonly key: string | null;
  readonly retries: number;
  readonly timeoutMs: number;
}

/** An answer that ended without saying that it did. */
export class BrokenOff extends Error {
  constructor() {
    super('the answer broke off');
    this.name = 'BrokenOff';
  }
}
