import { createRedaction } from '../config/redact.ts';
import { within } from '../deadline/within.ts';
import { MissionError } from '../errors/mission-error.ts';
import { createAnthropicBackend } from './anthropic-backend.ts';
import type { RouterUsage } from './api.ts';
import type { Backend, BackendUsage } from './backend.ts';
import type { Choice } from './choose-backends.ts';
import { failureWords, mayBeTheRequest, wasTurnedAway } from './failure-words.ts';
import type { FollowedSettings } from './follow-settings.ts';
import { createOpenAiBackend } from './openai-backend.ts';
import type { Bill, Counted, Purse } from './purse.ts';
import type { KeyedBackend } from './read-settings.ts';
import { createRoom, type Room } from './room.ts';

const MAKERS = { anthropic: createAnthropicBackend, openai: createOpenAiBackend } as const;

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

/** One try at one backend. */
export interface Attempt<Result> {
  readonly kind: 'chat' | 'embed';
  readonly atMost: (choice: Choice) => Counted;
  /** What was used, as far as the backend did not tell. */
  readonly guess: () => Counted;
  perform(
    backend: Backend,
    choice: Choice,
    usage: BackendUsage,
    signal: AbortSignal,
  ): Promise<(told: { readonly usage: RouterUsage; readonly costUsd: number | null }) => Result>;
}

/** Asks one backend after the other, each within its limits, and pays for it. */
export function createAsking({
  settings,
  purse,
}: {
  readonly settings: () => FollowedSettings;
  readonly purse: Purse;
}) {
  const connected = new WeakMap<KeyedBackend, Backend>();
  const rooms = new Map<string, Room>();
  /** Those that are known now: they stand in nothing that is shown. */
  const keys = (): readonly string[] => settings().settings.backends.flatMap(({ key }) => key ?? []);

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
    let finish: Awaited<ReturnType<typeof attempt.perform>>;
    try {
      finish = await orAborted(attempt.perform(backendOf(choice.from), choice, usage, signal), signal);
    } catch (error) {
      // What was turned away has cost nothing; what broke off has cost what it had used by then.
      const nothing = wasTurnedAway(error) && usage.inputTokens === undefined;
      bill.settle(
        nothing ? { inputTokens: 0, outputTokens: 0 } : used(),
        signal.aborted ? 'cancelled' : 'failed',
      );
      throw error;
    }
    const isGuess = usage.inputTokens === undefined || usage.outputTokens === undefined;
    const told = used();
    const costUsd = bill.settle(told, 'done');
    return finish({ usage: isGuess ? { ...told, estimated: true } : told, costUsd });
  }

  /** The first that answers; those that have no room are asked again behind the others, and waited for. */
  async function firstOf<Result>(
    choices: readonly Choice[],
    attempt: Attempt<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const said: string[] = [];
    let isTheRequest = false;
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
        isTheRequest ||= mayBeTheRequest(error);
        said.push(
          `${name}: ${ends.aborted ? `no answer within ${timeout_seconds} s` : failureWords(error, createRedaction(keys()))}`,
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
      let leave: () => void;
      try {
        leave = await roomOf(choice.from).enter(endsOf(choice));
      } catch {
        if (signal.aborted) throw cancelled();
        said.push(`${choice.from.settings.name}: it is busy with as many calls as it may have`);
        continue;
      }
      // Its time begins when it is asked: who waited long would pay for a call that ends at once.
      const answered = await ask(choice, leave, endsOf(choice));
      if (answered !== null) return answered.result;
    }
    throw new MissionError('router_unavailable', `No backend answered. ${said.join('; ')}`, {
      remedy:
        '`missiond router status` shows how they stand; router.yaml and credentials.json say who is asked.',
      // Whether it may have been answered, had other words been sent.
      facts: { said, mayBeTheRequest: isTheRequest },
    });
  }

  return {
    firstOf,
    keys,
    /** Requests under way at a backend. */
    running: (name: string): number => rooms.get(name)?.within() ?? 0,
  };
}
