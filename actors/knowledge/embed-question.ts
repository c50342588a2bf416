import { within } from '../../services/deadline/within.ts';
import type { EmbedReply, Router } from '../../services/router/api.ts';
import { embeddingModelOf, spaceOf } from './embed-entries.ts';

/** Questions are asked again and again; those that came too late for one search are there for the next. */
const MOST_KEPT = 200;
/** A backend that is slower than searches come is not asked for more at once. */
const MOST_UNDER_WAY = 2;
/** A backend that has failed is not asked with the next search already. */
const LEFT_ALONE_MS = 10_000;
const REQUEST_MS = 10_000;

export interface Question {
  readonly vector: Float32Array;
  readonly space: string;
}

/** Embeds what is searched for. An answer that nobody waits for any more is kept for the next time. */
export function createQuestions({
  router,
  now,
  signal,
}: {
  readonly router: Pick<Router, 'embed' | 'standing' | 'available'>;
  readonly now: () => number;
  readonly signal: AbortSignal;
}) {
  const kept = new Map<string, Question>();
  const underWay = new Map<string, Promise<Question | null>>();
  let leftAloneUntil = 0;

  function keep(name: string, reply: EmbedReply): Question | null {
    const [vector] = reply.vectors;
    if (vector === undefined) return null;
    const question = { vector, space: spaceOf(reply) };
    kept.set(name, question);
    for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - MOST_KEPT))) kept.delete(oldest);
    return question;
  }

  async function ask(name: string, text: string): Promise<Question | null> {
    try {
      return keep(name, await router.embed([text], within(REQUEST_MS, signal)));
    } catch {
      // What is wrong with the backend is told where entries are embedded, and by the router's own status.
      leftAloneUntil = now() + LEFT_ALONE_MS;
      return null;
    } finally {
      underWay.delete(name);
    }
  }

  /** Null when nobody can be asked now, or the backend failed. Never rejects. */
  return async function embedded(text: string): Promise<Question | null> {
    const model = embeddingModelOf(router);
    if (model === undefined) return null;
    const name = `${model}\n${text}`;
    const known = kept.get(name) ?? underWay.get(name);
    if (known !== undefined) return known;
    if (underWay.size >= MOST_UNDER_WAY || now() < leftAloneUntil || !router.available().embeddings)
      return null;
    const asking = ask(name, text);
    underWay.set(name, asking);
    return asking;
  };
}
