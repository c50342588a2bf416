import type OpenAI from 'openai';
import { z } from 'zod';
import {
  type Backend,
  type BackendConnection,
  type BackendFinish,
  type BackendUsage,
  BrokenOff,
  TokenCount,
} from './backend.ts';
import { guardedFetch } from './guarded-fetch.ts';

/** The SDK wants one; the guarded fetch does not send it. */
const NO_KEY = 'none';
/** Its newer models know no `max_tokens`; whatever else speaks this API may know nothing but it. */
const OPENAI_ITSELF = /^https:\/\/api\.openai\.com(?:\/|$)/;

const FINISHES: Readonly<Record<string, BackendFinish>> = { length: 'cut', content_filter: 'refused' };

/** What of a piece of an answer is looked at. Not all who speak this API send all that OpenAI's own types promise. */
const Piece = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z.unknown().optional(),
});
const Usage = z.object({ prompt_tokens: TokenCount, completion_tokens: TokenCount });

/** Puts down what was told; what was told before stays where it is not told again. */
function take(usage: BackendUsage, told: unknown): void {
  const { prompt_tokens, completion_tokens } = Usage.safeParse(told).data ?? {};
  if (prompt_tokens !== undefined) usage.inputTokens = prompt_tokens;
  if (completion_tokens !== undefined) usage.outputTokens = completion_tokens;
}

/** Chat completions and embeddings, of OpenAI and of whatever speaks as it does. The SDK is loaded with the first call. */
export function createOpenAiBackend({ baseUrl, key, retries, timeoutMs }: BackendConnection): Backend {
  let client: Promise<OpenAI> | undefined;
  const connect = async (): Promise<OpenAI> => {
    const { default: Sdk } = await import('openai');
    return new Sdk({
      baseURL: baseUrl,
      apiKey: key ?? NO_KEY,
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: retries,
      timeout: timeoutMs,
      logLevel: 'off',
      fetch: guardedFetch(baseUrl, key !== null),
    });
  };
  const limit = (tokens: number) =>
    OPENAI_ITSELF.test(baseUrl) ? { max_completion_tokens: tokens } : { max_tokens: tokens };

  return {
    async chat({ model, messages, maxTokens, signal, onText }, usage) {
      client ??= connect();
      const stream = await (await client).chat.completions.create(
        {
          model,
          messages: messages.map(({ role, content }) => ({ role, content })),
          stream: true,
          stream_options: { include_usage: true },
          ...limit(maxTokens),
        },
        { signal },
      );
      let finish: BackendFinish | undefined;
      for await (const chunk of stream) {
        const piece = Piece.safeParse(chunk).data;
        if (piece === undefined) throw new Error('what it sends is no chat completion');
        take(usage, piece.usage);
        const [choice] = piece.choices ?? [];
        if (choice === undefined) continue;
        const { delta, finish_reason: reason } = choice;
        if (typeof delta?.content === 'string') onText(delta.content);
        if (typeof delta?.refusal === 'string') finish = 'refused';
        if (typeof reason === 'string') finish ??= FINISHES[reason] ?? 'done';
      }
      if (finish === undefined) throw new BrokenOff();
      return finish;
    },

    async embed(model, texts, signal, usage) {
      client ??= connect();
      const reply = await (await client).embeddings.create(
        { model, input: [...texts], encoding_format: 'float' },
        { signal },
      );
      take(usage, reply.usage);
      usage.outputTokens = 0;
      return [...reply.data].sort((a, b) => a.index - b.index).map(({ embedding }) => embedding);
    },
  };
}
