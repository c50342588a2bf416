import type OpenAI from 'openai';
import { type Backend, type BackendConnection, type BackendFinish, BrokenOff } from './backend.ts';
import { guardedFetch } from './guarded-fetch.ts';

/** The SDK wants one; the guarded fetch does not send it. */
const NO_KEY = 'none';
/** Its newer models know no `max_tokens`; whatever else speaks this API may know nothing but it. */
const OPENAI_ITSELF = /^https:\/\/api\.openai\.com(?:\/|$)/;

const FINISHES: Readonly<Record<string, BackendFinish>> = { length: 'cut', content_filter: 'refused' };

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
        if (chunk.usage !== null && chunk.usage !== undefined) {
          usage.inputTokens = chunk.usage.prompt_tokens;
          usage.outputTokens = chunk.usage.completion_tokens;
        }
        const [choice] = chunk.choices;
        if (choice === undefined) continue;
        const { content, refusal } = choice.delta;
        if (typeof content === 'string') onText(content);
        if (typeof refusal === 'string') finish = 'refused';
        if (choice.finish_reason !== null) finish ??= FINISHES[choice.finish_reason] ?? 'done';
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
      usage.inputTokens = reply.usage?.prompt_tokens;
      usage.outputTokens = 0;
      return [...reply.data].sort((a, b) => a.index - b.index).map(({ embedding }) => embedding);
    },
  };
}
