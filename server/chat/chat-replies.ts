import type { TaskView } from '../../actors/mission/views.ts';
import type { TaskId } from '../../db/ids.ts';

const SECOND_MS = 1_000;

/** What every part of an answer begins with. */
export interface Answering {
  readonly taskId: TaskId;
  readonly model: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export interface Answered {
  readonly text: string;
  readonly task: TaskView;
}

/** The id names the task, so that its way can be looked up (`mission_jarvis_trace`). */
const headOf = (object: string, { taskId, model, createdAt }: Answering) => ({
  id: `chatcmpl-${taskId}`,
  object,
  created: Math.floor(createdAt / SECOND_MS),
  model,
});

/** What all attempts took, where it is known by now. */
function usageOf({ attempts = [] }: Pick<TaskView, 'attempts'>) {
  const sum = (numbers: readonly (number | undefined)[]) =>
    numbers.reduce<number>((total, number) => total + (number ?? 0), 0);
  if (!attempts.some(({ outputTokens }) => outputTokens !== undefined)) return undefined;
  const cached = sum(attempts.map(({ cacheTokens }) => cacheTokens));
  const prompt = sum(attempts.map(({ inputTokens }) => inputTokens)) + cached;
  const completion = sum(attempts.map(({ outputTokens }) => outputTokens));
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

export function completionOf(answering: Answering, { text, task }: Answered) {
  const usage = usageOf(task);
  return {
    ...headOf('chat.completion', answering),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  };
}

type Delta = { readonly role?: 'assistant'; readonly content?: string };

export const chunkOf = (answering: Answering, delta: Delta, finish: 'stop' | null = null) => ({
  ...headOf('chat.completion.chunk', answering),
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
});

/** The last chunk of a stream for whoever wants it; null where the tokens are not known. */
export const usageChunkOf = (answering: Answering, { task }: Answered) => ({
  ...headOf('chat.completion.chunk', answering),
  choices: [],
  usage: usageOf(task) ?? null,
});

/** An event of a stream. */
export const eventOf = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;
export const END_OF_STREAM = 'data: [DONE]\n\n';
/** A comment: it says that somebody is still there, to whatever stands in between. */
export const STILL_THERE = ':\n\n';
