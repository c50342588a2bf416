import { MissionError } from '../errors/mission-error.ts';
import type { FollowedSettings } from './follow-settings.ts';
import type { KeyedBackend } from './read-settings.ts';
import type { BackendSettings } from './settings-schema.ts';

/** Dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
}

/** A backend, and the model that it is asked for. */
export interface Choice {
  readonly from: KeyedBackend;
  readonly model: string;
  /** As router.yaml has it. */
  readonly price: ModelPrice | undefined;
  readonly maxOutput: number | undefined;
}

/** @throws MissionError `router_not_configured` */
function configuredBackends({ settings, problem }: FollowedSettings): readonly KeyedBackend[] {
  if (settings.backends.length > 0) return settings.backends;
  throw new MissionError(
    'router_not_configured',
    problem === null ? 'The router has no backend.' : `The router has no backend: ${problem.message}`,
    {
      remedy:
        'Write router.yaml, or credentials.json (mode 0600), in the home of missiond; no restart is needed.',
    },
  );
}

function chatModel({ models }: BackendSettings, named: string | undefined) {
  const [usual] = models;
  if (named === undefined) return usual;
  return models.length === 0 ? { name: named } : models.find(({ name }) => name === named);
}

/**
 * Which backends have the model, in the order in which they are asked.
 * @throws MissionError `router_not_configured`, `router_model_unknown`
 */
export function choicesForChat(followed: FollowedSettings, named: string | undefined): readonly Choice[] {
  const backends = configuredBackends(followed);
  const choices = backends.flatMap((from): Choice[] => {
    const model = chatModel(from.settings, named);
    if (model === undefined) return [];
    const { name, price, max_output } = { price: undefined, max_output: undefined, ...model };
    return [{ from, model: name, price, maxOutput: max_output }];
  });
  if (choices.length > 0) return choices;
  const known = backends.flatMap(({ settings }) => settings.models.map(({ name }) => name));
  throw new MissionError(
    'router_model_unknown',
    named === undefined
      ? 'No backend says which model is the usual one.'
      : `No backend has the model "${named}".`,
    {
      remedy:
        known.length === 0
          ? 'Name a model in the call, or `models` in router.yaml.'
          : `Name one of: ${[...new Set(known)].join(', ')}.`,
    },
  );
}

/**
 * Backends with the embedding model of the first one that has any: vectors of two models cannot be compared.
 * @throws MissionError `router_not_configured`
 */
export function choicesForEmbedding({ settings }: FollowedSettings): readonly Choice[] {
  const choices = settings.backends.flatMap((from): Choice[] => {
    const model = from.settings.embedding_model;
    return model === undefined ? [] : [{ from, model: model.name, price: model.price, maxOutput: undefined }];
  });
  const [first] = choices;
  if (first !== undefined) return choices.filter(({ model }) => model === first.model);
  throw new MissionError('router_not_configured', 'No backend of the router offers embeddings.', {
    remedy: 'Name an `embedding_model` of an openai backend in router.yaml.',
  });
}
