import { z } from 'zod';
import { unwrapPasted } from '../keyboard/pasted-content.ts';

const Block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  is_error: z.boolean().optional(),
  content: z.unknown().optional(),
});
type Block = z.infer<typeof Block>;

/** The part of a Messages API request that the script looks at. */
export const MessagesRequest = z.looseObject({
  model: z.string().default('scripted'),
  stream: z.boolean().default(false),
  system: z.unknown().optional(),
  tools: z.array(z.unknown()).default([]),
  messages: z
    .array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(Block)]) }))
    .default([]),
});
export type MessagesRequest = z.infer<typeof MessagesRequest>;

export interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
}

/** Where a conversation stands: what the person said last, and the tool results that came since. */
export interface Turn {
  readonly prompt: string;
  readonly results: readonly ToolResult[];
}

/** Claude Code adds notes of its own beside the person's words; they are no prompt. */
const NOTE = /^\s*<(system-reminder|local-command|command-)/;

function blocksOf(content: MessagesRequest['messages'][number]['content']): readonly Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function resultText(content: unknown): string {
  if (typeof content === 'string') return content;
  const blocks = z.array(Block).safeParse(content);
  return blocks.success ? blocks.data.map((block) => block.text ?? '').join('\n') : '';
}

/** Reads the turn out of the messages: the last words of the person and the tool results after them. */
export function readTurn(request: MessagesRequest): Turn {
  const results: ToolResult[] = [];
  for (const message of request.messages.toReversed()) {
    if (message.role !== 'user') continue;
    const blocks = blocksOf(message.content);
    const answered = blocks.filter((block) => block.type === 'tool_result');
    if (answered.length > 0) {
      const found = answered.map((block) => ({
        text: resultText(block.content),
        isError: block.is_error ?? false,
      }));
      results.unshift(...found);
      continue;
    }
    const words = blocks
      .filter((block) => block.type === 'text')
      .map((block) => block.text ?? '')
      .filter((text) => text.trim() !== '' && !NOTE.test(text));
    const prompt = words.at(-1);
    if (prompt !== undefined) return { prompt: unwrapPasted(prompt).trim(), results };
  }
  return { prompt: '', results };
}

/**
 * Claude Code also asks for session titles and prompt suggestions. They carry no tools, or (to 2.1.30) all of them,
 * and must not be taken for the conversation.
 */
export function isSideRequest(request: MessagesRequest, turn: Turn): boolean {
  return request.tools.length === 0 || /^\[SUGGESTION MODE/.test(turn.prompt);
}

/** What a side request gets: a title where one is asked for, else a word. */
export function answerSideRequest(request: MessagesRequest): string {
  return /title/i.test(JSON.stringify(request.system ?? ''))
    ? '{"title":"Scripted session","isNewTopic":true}'
    : 'ok';
}
