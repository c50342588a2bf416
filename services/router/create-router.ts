import { createRedaction } from '../config/redact.ts';
import type { Prices } from '../conversations/prices.ts';
import { within } from '../deadline/within.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { RouterLedger } from '../ledger/router-ledger.ts';
import { createAnthropicBackend } from './anthropic-backend.ts';
import type { ChatRequest, Router, RouterUsage } from './api.ts';
import type { Backend, BackendFinish, BackendUsage } from './backend.ts';
import { type Choice, choicesForChat, choicesForEmbedding } from './choose-backends.ts';
import { failureWords, wasTurnedAway } from './failure-words.ts';
import type { FollowedSettings } from './follow-settings.ts';
import { createOpenAiBackend } from './openai-backend.ts';
import { type Bill, createPurse } from './purse.ts';
import type { KeyedBackend } from './read-settings.ts';
import { createRoom, type Room } from './room.ts';

/** When neither the call nor router.yaml says how long an answer may be. */
const USUAL_OUTPUT_TOKENS = 8_192;
/** No model answers with so much; what does is no model. */
const MOST_ANSWER_CHARACTERS = 2_000_000;
const BYTES_PER_TOKEN = 4;

const MAKERS = { anthropic: createAnthropicBackend, openai: createOpenAiBackend } as const;

const estimate = (texts: readonly string[]): number =>
  Math.ceil(texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0) / BYTES_PER_TOKEN);

/** Ends with the signal even where whoever works does not hear it. */
async function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let gone = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    gone = () => reject(signal.reason);
    signal.addEventListener('abort', gone, { once: true });
    if (signal.aborted) gone();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', gone);
    // What comes of it later concerns nobody.
    work.catch(() => {});
  }
}

export interface RouterDependencies {
  /** The settings in force: asked with every call. */
  readonly settings: () => FollowedSettings;
  readonly ledger: RouterLedger;
  /** Of models that router.yaml names no price of. */
  readonly prices: () => Prices;
  readonly now: () => number;
}

/** One try at one backend. */
interface Attempt<Result> {
  readonly kind: 'chat' | 'embed';
  readonly atMost: (choice: Choice) => { readonly inputTokens: number; readonly outputTokens: number };
  /** What was used, as far as the backend did not tell. */
  readonly guess: () => { readonly inputTokens: number; readonly outputTokens: number };
  perform(
    backend: Backend,
    choice: Choice,
    usage: BackendUsage,
    signal: AbortSignal,
  ): Promise<(told: { readonly usage: RouterUsage; readonly costUsd: number | null }) => Result>;
}

/** The backends of a home's files, the money for them, and who is asked when one fails. */
export function createRouter({ settings, ledger, prices, now }: RouterDependencies): Router {
  const connected = new WeakMap<KeyedBackend, Backend>();
  const rooms = new Map<string, Room>();
  const purse = createPurse({ ledger, prices, now, budget: () => settings().settings.dailyBudgetUsd });
  /** Takes the keys out that are known now. */
  const redaction = () => createRedaction(settings().settings.backends.flatMap(({ key }) => key ?? []));

  function backendOf(from: KeyedBackend): Backend {
    const { type, base_url, retries, timeout_seconds } = from.settings;
    const known = connected.get(from);
    if (known !== undefined) return known;
    const made = MAKERS[type]({
      baseUrl: base_url,
      key: from.key,
      retries,
      timeoutMs: timeout_seconds * 1_000,
    });
    connected.set(from, made);
    return made;
  }

  function roomOf({ settings: { name, max_concurrent } }: KeyedBackend): Room {
    const most = (): number =>
      settings().settings.backends.find((one) => one.settings.name === name)?.settings.max_concurrent ??
      max_concurrent;
    const room = rooms.get(name) ?? createRoom(most);
    rooms.set(name, room);
    return room;
  }

  const cancelled = (): MissionError => new MissionError('cancelled', 'The call of the router was given up.');

  /** @returns what came of it; throws what the backend said */
  async function tryAt<Result>(
    choice: Choice,
    attempt: Attempt<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const usage: BackendUsage = {};
    const bill: Bill = purse.open(choice, attempt.kind, attempt.atMost(choice));
    const used = () => {
      const guess = attempt.guess();
      return {
        inputTokens: usage.inputTokens ?? guess.inputTokens,
        outputTokens: usage.outputTokens ?? guess.outputTokens,
      };
    };
    try {
      const finish = await orAborted(attempt.perform(backendOf(choice.from), choice, usage, signal), signal);
      const isGuess = usage.inputTokens === undefined || usage.outputTokens === undefined;
      const told = used();
      const costUsd = bill.settle(told, 'done');
      return finish({ usage: isGuess ? { ...told, estimated: true } : told, costUsd });
    } catch (error) {
      // What was turned away has cost nothing; what broke off has cost what it had used by then.
      const nothing = wasTurnedAway(error) && usage.inputTokens === undefined;
      bill.settle(
        nothing ? { inputTokens: 0, outputTokens: 0 } : used(),
        signal.aborted ? 'cancelled' : 'failed',
      );
      throw error;
    }
  }

  /** The first that answers; those that have no room are asked again behind the others, and waited for. */
  async function firstOf<Result>(
    choices: readonly Choice[],
    attempt: Attempt<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const said: string[] = [];
    const full: Choice[] = [];

    /** @returns null when it failed, and another may be asked */
    async function ask(
      choice: Choice,
      leave: () => void,
      ends: AbortSignal,
    ): Promise<{ readonly result: Result } | null> {
      const { name, timeout_seconds } = choice.from.settings;
      try {
        purse.mustHaveMoney();
        return { result: await tryAt(choice, attempt, ends) };
      } catch (error) {
        if (signal.aborted) throw cancelled();
        if (error instanceof MissionError) throw error;
        said.push(
          `${name}: ${ends.aborted ? `no answer within ${timeout_seconds} s` : failureWords(error, redaction())}`,
        );
        return null;
      } finally {
        leave();
      }
    }

    const endsOf = ({ from }: Choice): AbortSignal => within(from.settings.timeout_seconds * 1_000, signal);
    if (signal.aborted) throw cancelled();
    purse.mustHaveMoney();
    for (const choice of choices) {
      const { name } = choice.from.settings;
      const problem = choice.from.problem ?? purse.unpayable(choice);
      if (problem !== null) {
        said.push(`${name}: ${problem}`);
        continue;
      }
      const leave = roomOf(choice.from).tryEnter();
      if (leave === null) {
        full.push(choice);
        continue;
      }
      const answered = await ask(choice, leave, endsOf(choice));
      if (answered !== null) return answered.result;
    }
    for (const choice of full) {
      const ends = endsOf(choice);
      let leave: () => void;
      try {
        leave = await roomOf(choice.from).enter(ends);
      } catch {
        if (signal.aborted) throw cancelled();
        said.push(`${choice.from.settings.name}: it is busy with as many calls as it may have`);
        continue;
      }
      const answered = await ask(choice, leave, ends);
      if (answered !== null) return answered.result;
    }
    throw new MissionError('router_unavailable', `No backend answered. ${said.join('; ')}`, {
      remedy:
        '`missiond router status` shows how they stand; router.yaml and credentials.json say who is asked.',
      facts: { said },
    });
  }

  function chatAttempt({ messages, maxTokens, onDelta }: ChatRequest) {
    const inputTokens = estimate(messages.map(({ content }) => content));
    const outputOf = ({ maxOutput }: Choice): number =>
      Math.min(maxTokens ?? maxOutput ?? USUAL_OUTPUT_TOKENS, maxOutput ?? Number.POSITIVE_INFINITY);
    let text = '';
    const redact = redaction();
    return {
      kind: 'chat',
      atMost: (choice) => ({ inputTokens, outputTokens: outputOf(choice) }),
      guess: () => ({ inputTokens, outputTokens: estimate([text]) }),
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
              onDelta?.({ text: redact(piece), backend: from.settings.name });
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
    } satisfies Attempt<unknown>;
  }

  return {
    async chat(request) {
      return firstOf(choicesForChat(settings(), request.model), chatAttempt(request), request.signal);
    },

    async embed(texts, signal) {
      const inputTokens = estimate(texts);
      return firstOf(
        choicesForEmbedding(settings()),
        {
          kind: 'embed',
          atMost: () => ({ inputTokens, outputTokens: 0 }),
          guess: () => ({ inputTokens, outputTokens: 0 }),
          async perform(backend, { model }, usage, ends) {
            const vectors = await backend.embed(model, texts, ends, usage);
            const dimensions = vectors[0]?.length ?? 0;
            const fits = vectors.every((one) => one.length === dimensions && one.every(Number.isFinite));
            if (vectors.length !== texts.length || !fits)
              throw new Error(
                `${vectors.length} vectors came back for ${texts.length} texts, or not all alike`,
              );
            return () => ({ vectors: vectors.map((one) => Float32Array.from(one)), model, dimensions });
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
        settings: { backends, dailyBudgetUsd },
        problem,
      } = settings();
      const { day, usd } = purse.spent();
      return {
        backends: backends.map(
          ({ settings: { name, type, base_url, models, embedding_model }, problem: why }) => ({
            name,
            type,
            baseUrl: base_url,
            models: models.map((model) => model.name),
            running: rooms.get(name)?.within() ?? 0,
            ...(embedding_model === undefined ? {} : { embeddingModel: embedding_model.name }),
            ...(why === undefined ? {} : { problem: why }),
          }),
        ),
        day,
        spentUsd: usd,
        ...(dailyBudgetUsd === null ? {} : { dailyBudgetUsd }),
        ...(problem === null ? {} : { problem: problem.message }),
      };
    },
  };
}
