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
  /** How many times the model has asked for tools since. */
  readonly rounds: number;
}

/** Claude Code adds notes of its own beside the person's words; they are no prompt. */
const NOTE = /^\s*(?:<(?:system-reminder|local-command|command-)|\[Request interrupted by user)/;

function blocksOf(content: MessagesRequest['messages'][number]['content']): readonly Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function resultText(content: unknown): string {
  if (typeof content === 'string') return content;
  const blocks = z.array(Block).safeParse(content);
  return blocks.success ? blocks.data.map((block) => block.text ?? '').join('\n') : '';
}

function resultsOf(blocks: readonly Block[]): readonly ToolResult[] {
  return blocks
    .filter((block) => block.type === 'tool_result')
    .map((block) => ({ text: resultText(block.content), isError: block.is_error ?? false }));
}

function wordsOf(blocks: readonly Block[]): string | undefined {
  return blocks
    .filter((block) => block.type === 'text')
    .map((block) => block.text ?? '')
    .findLast((text) => text.trim() !== '' && !NOTE.test(text));
}

/**
 * Reads the turn out of the messages: the last words of the person and the tool results after them. After a refused
 * tool one message holds both: the result that ended the turn before, and the new words.
 */
export function readTurn(request: MessagesRequest): Turn {
  const results: ToolResult[] = [];
  let rounds = 0;
  for (const message of request.messages.toReversed()) {
    if (message.role !== 'user') continue;
    const blocks = blocksOf(message.content);
    const words = wordsOf(blocks);
    if (words !== undefined) return { prompt: unwrapPasted(words).trim(), results, rounds };
    const found = resultsOf(blocks);
    results.unshift(...found);
    if (found.length > 0) rounds += 1;
  }
  return { prompt: '', results, rounds };
}

/**
 * Claude Code also asks for session titles and prompt suggestions. They carry no tools, or (to 2.1.30) all of them,
 * and must not be taken for the conversation.
 */
export function isSideRequest(request: MessagesRequest, turn: Turn): boolean {
  return request.tools.length === 0 || asksForSuggestion(turn);
}

/** What the person might say next is asked for like a prompt (2.1.30 to 2.1.329). */
function asksForSuggestion(turn: Turn): boolean {
  return /^\[SUGGESTION MODE/.test(turn.prompt);
}

/** What a side request gets: a suggestion or a title where one is asked for, else a word. */
export function answerSideRequest(request: MessagesRequest, turn: Turn): string {
  if (asksForSuggestion(turn)) return 'run the tests';
  return /title/i.test(JSON.stringify(request.system ?? ''))
    ? '{"title":"Scripted session","isNewTopic":true}'
    : 'ok';
}

/** The words with which Claude Code asks for the summary that replaces a conversation (2.0.60 to 2.1.329). */
export function isCompaction(turn: Turn): boolean {
  return /^Your task is to create a detailed summary\b/m.test(turn.prompt);
}
