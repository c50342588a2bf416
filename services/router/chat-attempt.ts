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

/** A key, or the name of a hidden address, is recognised when it is whole: the last word may go on. */
const wholeWords = (text: string): string => text.replace(/[\x21-\x7e]{1,500}$/, '');

/** How one backend is asked for an answer. */
export function chatAttempt(
  { messages, maxTokens, heard }: ChatRequest,
  redact: (text: string) => string,
): Attempt<ChatReply> {
  const inputTokens = estimateTokens(messages.map(({ content }) => content));
  const outputOf = ({ maxOutput }: Choice): number =>
    Math.min(maxTokens ?? maxOutput ?? USUAL_OUTPUT_TOKENS, maxOutput ?? Number.POSITIVE_INFINITY);
  let text = '';
  return {
    kind: 'chat',
    atMost: (choice) => ({ inputTokens, outputTokens: outputOf(choice) }),
    guess: () => ({ inputTokens, outputTokens: estimateTokens([text]) }),
    async perform(backend, choice, usage, signal) {
      const { model, from } = choice;
      text = '';
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
            heard?.(() => redact(wholeWords(text)));
          },
        },
        usage,
      );
      return (told) => {
        if (finish === 'refused')
          throw new MissionError('router_refused', `${model} at ${from.settings.name} refused to answer.`, {
            remedy: 'Ask in other words, or another model.',
          });
        return { text: redact(text), model, backend: from.settings.name, finish, ...told };
      };
    },
  };
}
