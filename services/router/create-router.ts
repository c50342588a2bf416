import type { Prices } from '../conversations/prices.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { RouterLedger } from '../ledger/router-ledger.ts';
import type { Router } from './api.ts';
import { createAsking } from './ask-in-order.ts';
import { chatAttempt } from './chat-attempt.ts';
import { type Choice, choicesForChat, choicesForEmbedding } from './choose-backends.ts';
import { estimateTokens } from './estimate-tokens.ts';
import type { FollowedSettings } from './follow-settings.ts';
import { createPurse } from './purse.ts';

export interface RouterDependencies {
  /** The settings in force: asked with every call. */
  readonly settings: () => FollowedSettings;
  readonly ledger: RouterLedger;
  /** Of models that router.yaml names no price of. */
  readonly prices: () => Prices;
  readonly now: () => number;
  /** Told of what a call has cost and could not be written down: it counts with the most that it may have cost. */
  readonly onError: (error: unknown) => void;
}

/** The backends of a home's files, the money for them, and who is asked when one fails. */
export function createRouter({ settings, ledger, prices, now, onError }: RouterDependencies): Router {
  const budget = () => settings().settings.dailyBudgetUsd;
  const purse = createPurse({ ledger, prices, now, budget, onError });
  const asking = createAsking({ settings, purse });

  return {
    async chat(request) {
      return asking.firstOf(
        choicesForChat(settings(), request.model),
        chatAttempt(request, asking.keys()),
        request.signal,
      );
    },

    async embed(texts, signal) {
      const inputTokens = estimateTokens(texts);
      return asking.firstOf(
        choicesForEmbedding(settings()),
        {
          kind: 'embed',
          atMost: () => ({ inputTokens, outputTokens: 0 }),
          guess: () => ({ inputTokens, outputTokens: 0 }),
          async perform(backend, { model }, usage, ends) {
            const told = await backend.embed(model, texts, ends, usage);
            // What is finite as it is told may be endless as it is kept.
            const vectors = told.map((one) => Float32Array.from(one));
            const dimensions = vectors[0]?.length ?? 0;
            const fits = vectors.every(
              (one) => one.length > 0 && one.length === dimensions && one.every(Number.isFinite),
            );
            if (vectors.length !== texts.length || !fits)
              throw new Error(
                `${vectors.length} vectors came back for ${texts.length} texts, or not all alike, or of no numbers`,
              );
            return () => ({ vectors, model, dimensions });
          },
        },
        signal,
      );
    },

    available() {
      const followed = settings();
      const can = (choices: () => readonly Choice[]): boolean => {
        try {
          return choices().some(
            (choice) => choice.from.problem === undefined && purse.unpayable(choice) === null,
          );
        } catch {
          return false;
        }
      };
      try {
        choicesForChat(followed, undefined);
        purse.mustHaveMoney();
      } catch (error) {
        if (!(error instanceof MissionError)) throw error;
        if (error.code !== 'router_model_unknown') return { chat: false, embeddings: false, why: error };
        return { chat: false, embeddings: can(() => choicesForEmbedding(followed)), why: error };
      }
      return {
        chat: can(() => choicesForChat(followed, undefined)),
        embeddings: can(() => choicesForEmbedding(followed)),
      };
    },

    standing() {
      const {
        settings: { backends, dailyBudgetUsd, warning },
        problem,
      } = settings();
      const { day, usd } = purse.spent();
      const unknown = purse.unknown();
      const wrong = problem?.message ?? warning;
      return {
        backends: backends.map(
          ({ settings: { name, type, base_url, models, embedding_model }, problem: why }) => ({
            name,
            type,
            baseUrl: base_url,
            models: models.map((model) => model.name),
            running: asking.running(name),
            ...(embedding_model === undefined ? {} : { embeddingModel: embedding_model.name }),
            ...(why === undefined ? {} : { problem: why }),
          }),
        ),
        day,
        spentUsd: usd,
        ...(unknown.calls === 0 ? {} : { unknown }),
        ...(dailyBudgetUsd === null ? {} : { dailyBudgetUsd }),
        ...(wrong === undefined ? {} : { problem: wrong }),
      };
    },
  };
}
