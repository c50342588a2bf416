import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import {
  type Backend,
  type BackendConnection,
  type BackendFinish,
  BrokenOff,
  TokenCount,
} from './backend.ts';
import { guardedFetch } from './guarded-fetch.ts';

/** The SDK wants one; the guarded fetch does not send it. */
const NO_KEY = 'none';

/** What stands in a gateway's answer need not be what the API promises. */
const InputUsage = z.object({
  input_tokens: TokenCount,
  cache_creation_input_tokens: TokenCount,
  cache_read_input_tokens: TokenCount,
});
const OutputUsage = z.object({ output_tokens: TokenCount });

function finishOf(reason: Anthropic.StopReason): BackendFinish {
  if (reason === 'refusal') return 'refused';
  return reason === 'max_tokens' || reason === 'model_context_window_exceeded' ? 'cut' : 'done';
}

/** The Messages API. The SDK is loaded with the first call: a daemon without a router does not pay for it. */
export function createAnthropicBackend({ baseUrl, key, retries, timeoutMs }: BackendConnection): Backend {
  let client: Promise<Anthropic> | undefined;
  const connect = async (): Promise<Anthropic> => {
    const { default: Sdk } = await import('@anthropic-ai/sdk');
    return new Sdk({
      baseURL: baseUrl,
      apiKey: key ?? NO_KEY,
      webhookKey: null,
      maxRetries: retries,
      timeout: timeoutMs,
      logLevel: 'off',
      fetch: guardedFetch(baseUrl, key !== null),
    });
  };
  return {
    async chat({ model, messages, maxTokens, signal, onText }, usage) {
      client ??= connect();
      const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
      const said = messages.flatMap(({ role, content }) => (role === 'system' ? [] : [{ role, content }]));
      const stream = await (await client).messages.create(
        {
          model,
          max_tokens: maxTokens,
          messages: said,
          stream: true,
          ...(system.length === 0 ? {} : { system: system.join('\n\n') }),
        },
        { signal },
      );
      let finish: BackendFinish | undefined;
      let ended = false;
      for await (const event of stream) {
        if (event.type === 'message_start') {
          const told = InputUsage.safeParse(event.message.usage).data;
          if (told?.input_tokens !== undefined)
            usage.inputTokens =
              told.input_tokens +
              (told.cache_creation_input_tokens ?? 0) +
              (told.cache_read_input_tokens ?? 0);
        } else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
          onText(event.delta.text);
        } else if (event.type === 'message_delta') {
          const told = OutputUsage.safeParse(event.usage).data;
          if (told?.output_tokens !== undefined) usage.outputTokens = told.output_tokens;
          if (event.delta.stop_reason !== null) finish = finishOf(event.delta.stop_reason);
        } else if (event.type === 'message_stop') {
          ended = true;
        }
      }
      if (!ended) throw new BrokenOff();
      return finish ?? 'done';
    },
    embed: () => Promise.reject(new Error('the Messages API has no embeddings')),
  };
}
