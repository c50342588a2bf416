import { redactInPieces } from '../config/redact.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { ChatReply, ChatRequest } from './api.ts';
import type { Attempt } from './ask-in-order.ts';
import type { BackendFinish } from './backend.ts';
import type { Choice } from './choose-backends.ts';
import { estimateTokens } from './estimate-tokens.ts';

/** When neither the call nor router.yaml says how long an answer may be. */
const USUAL_OUTPUT_TOKENS = 8_192;
/** No model answers with so much; what does is no model. */
const MOST_ANSWER_CHARACTERS = 2_000_000;

/** How one backend is asked for an answer. */
export function chatAttempt(
  { messages, maxTokens, heard }: ChatRequest,
  secrets: readonly string[],
): Attempt<ChatReply> {
  const inputTokens = estimateTokens(messages.map(({ content }) => content));
  const outputOf = ({ maxOutput }: Choice): number =>
    Math.min(maxTokens ?? maxOutput ?? USUAL_OUTPUT_TOKENS, maxOutput ?? Number.POSITIVE_INFINITY);
  let text = '';
  let shown = '';
  return {
    kind: 'chat',
    atMost: (choice) => ({ inputTokens, outputTokens: outputOf(choice) }),
    guess: () => ({ inputTokens, outputTokens: estimateTokens([text]) }),
    async perform(backend, choice, usage, signal) {
      const { model, from } = choice;
      if (shown !== '') heard?.({ type: 'anew' });
      text = '';
      shown = '';
      const clean = redactInPieces(secrets);
      const show = (words: string): void => {
        if (words === '') return;
        shown += words;
        heard?.({ type: 'words', text: words });
      };
      const finish: BackendFinish = await backend.chat(
        {
          model,
          messages,
          maxTokens: outputOf(choice),
          signal,
          onText(piece) {
            if (signal.aborted) return;
            text += piece;
            if (text.length > MOST_ANSWER_CHARACTERS) throw new Error('the answer has no end');
            show(clean.more(piece));
          },
        },
        usage,
      );
      show(clean.rest());
      return (told) => {
        if (finish === 'refused')
          throw new MissionError('router_refused', `${model} at ${from.settings.name} refused to answer.`, {
            remedy: 'Ask in other words, or another model.',
          });
        return { text: shown, model, backend: from.settings.name, finish, ...told };
      };
    },
  };
}
