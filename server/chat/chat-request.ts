import { z } from 'zod';
import type { Mission, SubmitRequest } from '../../actors/mission/api.ts';
import { Role, SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { sayIssues } from '../say-issues.ts';

const TextPart = z.looseObject({
  type: z.literal('text', 'only parts of type "text" are taken'),
  text: z.string(),
});
const Content = z.union([z.string(), z.array(TextPart)], 'words, or parts of type "text"');
const Message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer', 'user']), content: Content }),
  z.looseObject({ role: z.literal('assistant'), content: Content.nullish() }),
]);
type Message = z.infer<typeof Message>;

/**
 * What is read of a request. What only tunes a model (`temperature`, `max_tokens`, …) means nothing to Claude Code and is
 * passed over; what would change the shape of the answer is refused.
 */
export const ChatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(Message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.literal(1, 'one answer is given').nullish(),
  tools: z.array(z.unknown()).max(0, 'the agent has its own tools and calls none of a client').nullish(),
  functions: z.array(z.unknown()).max(0, 'the agent has its own tools and calls none of a client').nullish(),
  response_format: z.looseObject({ type: z.literal('text', 'answers are text') }).nullish(),
});
export type ChatRequest = z.infer<typeof ChatRequest>;

/** How a role is told from a slot of the same name. */
const OURS = /^missiond[:/]/;

/** @throws MissionError `input_invalid` */
export function readChatRequest(body: unknown): ChatRequest {
  const parsed = ChatRequest.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  throw new MissionError('input_invalid', `The request does not fit: ${sayIssues(parsed.error)}`, {
    cause: parsed.error,
  });
}

/**
 * Who is meant by a model: a role behind `missiond:`, or a slot, or a role.
 * @throws MissionError `role_unknown`
 */
export function whoAnswers(
  model: string,
  slots: ReturnType<Mission['slots']>,
): Pick<SubmitRequest, 'role' | 'slotId'> {
  const name = model.replace(OURS, '');
  const hasRole = slots.some(({ role }) => role === name);
  const hasSlot = slots.some(({ slotId }) => slotId === name);
  if (hasRole && (name !== model || !hasSlot)) return { role: Role.parse(name) };
  if (hasSlot) return { slotId: SlotId.parse(name) };
  throw new MissionError(
    'role_unknown',
    `There is no model ${JSON.stringify(model)}: no role and no slot is called so.`,
    {
      remedy: 'GET /v1/models lists them.',
    },
  );
}

function wordsOf({ content }: Message): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map(({ text }) => text).join('\n');
}

const SPEAKERS = { user: 'User', assistant: 'You' } as const;

/** What the agent is told: words of the system before, then the question, or the conversation that ends with it. */
export function promptOf(messages: readonly Message[]): string {
  const system: string[] = [];
  const said: string[] = [];
  let last = '';
  for (const message of messages) {
    const words = wordsOf(message);
    if (message.role === 'system' || message.role === 'developer') system.push(words);
    else {
      last = words;
      said.push(`${SPEAKERS[message.role]}: ${words}`);
    }
  }
  const talk =
    said.length <= 1 ? last : `Answer the last message of this conversation.\n\n${said.join('\n\n')}`;
  return [...system, talk].filter((part) => part !== '').join('\n\n');
}
